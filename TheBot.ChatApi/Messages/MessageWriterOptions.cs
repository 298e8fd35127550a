using System.ComponentModel.DataAnnotations;

namespace TheBot.ChatApi.Messages;

/// <summary>Section <c>Chat:Writer</c>.</summary>
internal sealed class MessageWriterOptions
{
    public const string Section = "Chat:Writer";

    /// <summary>Batches that commit at the same time; a room is in one of them at most. Default 1: what waits shares the next flush.</summary>
    [Range(1, 32)]
    public int Batches { get; set; } = 1;

    /// <summary>Messages of one batch at most. Default 256.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 256;

    /// <summary>Rooms kept by somebody else that are waited for at the same time, each on a connection of its own. Default 8.</summary>
    [Range(1, 64)]
    public int HeldRooms { get; set; } = 8;

    /// <summary>Connections that all this takes at most: each batch may leave behind another one of rooms in which it met another replica's.</summary>
    public int Connections => (2 * Batches) + HeldRooms;

    /// <summary>Messages that may wait in all; beyond it a send fails at once. Default 20,000.</summary>
    [Range(1, 1_000_000)]
    public int Waiting { get; set; } = 20_000;

    /// <summary>How long a send is tried before it fails with <c>save_error</c>. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);
}
