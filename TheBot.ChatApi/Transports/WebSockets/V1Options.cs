using System.ComponentModel.DataAnnotations;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>Section <c>Chat:V1</c>.</summary>
internal sealed class V1Options
{
    public const string Section = "Chat:V1";

    /// <summary>Rooms that one connection may follow at the same time. Default 500.</summary>
    [Range(1, 100_000)]
    public int RoomsMax { get; set; } = 500;

    /// <summary>Between two heartbeats of a connection. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan HeartbeatEvery { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Rooms that one connection opens or catches up at the same time; the others wait their turn. Default 4.</summary>
    [Range(1, 100)]
    public int SubscribesPerConnection { get; set; } = 4;

    /// <summary>Rooms that this replica opens at the same time, so that thousands who return leave processors and database to the messages. Default 2 a processor.</summary>
    [Range(1, 1_000)]
    public int SubscribesAtOnce { get; set; } = 2 * Environment.ProcessorCount;
}
