using StackExchange.Redis;

namespace TheBot.ChatApi.Delivery;

/// <summary>The names of what the bell puts on Redis; those of the hub's backplane begin with the hub's own.</summary>
/// <remarks>
/// A fixed number of channels, all subscribed at start: no subscription comes or goes with a room, so none can be late. Installations that share a Redis are kept
/// apart by <c>channelPrefix</c> in its connection string.
/// </remarks>
internal static class BellChannels
{
    /// <summary>The same on every replica; changing it needs a deploy in which both numbers are rung.</summary>
    public const int Shards = 16;

    private const string Prefix = "thebot:bell:";

    public static RedisChannel Heartbeat { get; } = RedisChannel.Literal(Prefix + "heartbeat");

    public static IReadOnlyList<RedisChannel> All { get; } = [.. Enumerable.Range(0, Shards).Select(i => RedisChannel.Literal(Prefix + i.ToString(System.Globalization.CultureInfo.InvariantCulture)))];

    public static int ShardOf(long id) => (int)((ulong)id % Shards);
}
