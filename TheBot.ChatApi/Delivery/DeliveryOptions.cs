using System.ComponentModel.DataAnnotations;

namespace TheBot.ChatApi.Delivery;

/// <summary>Section <c>Chat:Delivery</c>.</summary>
internal sealed class DeliveryOptions
{
    public const string Section = "Chat:Delivery";

    /// <summary>Frames that may wait for one connection; the old channel layer's capacity. Default 1,500.</summary>
    [Range(10, 1_000_000)]
    public int QueueFrames { get; set; } = 1_500;

    /// <summary>Bytes that may wait for one connection. Default 1 MiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int QueueBytes { get; set; } = 1024 * 1024;

    /// <summary>A write that takes longer closes the connection; the old channel layer's expiry. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two comparisons of heads while the bell rings. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan SweepEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two comparisons of heads while it does not, and before the one when it rings again. Default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan SweepEveryWithoutBell { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Newest events that a room's feed keeps for connections that catch up. Default 64.</summary>
    [Range(0, 10_000)]
    public int RecentEvents { get; set; } = 64;

    /// <summary>Within which people are gone whose replica was killed; it is renewed three times as often. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan PresenceLease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>After which somebody who said that they are typing is no longer, unless they say it again. Default 6 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan TypingFor { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Over which a replica that stops spreads the going away of its connections. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:15")]
    public TimeSpan LeaveWithin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After that, for the answers that are still owed and the close's own way there and back; who is still there is cut off. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:01:00")]
    public TimeSpan GoneWithin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Events of one page of catching up. Default 100.</summary>
    [Range(1, 10_000)]
    public int CatchUpPage { get; set; } = 100;
}
