using StackExchange.Redis;

namespace TheBot.ChatApi.Delivery;

/// <summary>The names of what the bell puts on Redis; those of the hub's backplane begin with the hub's own.</summary>
/// <remarks>
/// A replica rings on one channel, whatever it has to tell: one call a batch, heard in the order of the calls. All replicas listen to all channels, a fixed number
/// subscribed at start: no subscription comes or goes with a room or a replica, so none can be late. Several, because the calls of one channel are heard one after the
/// other. Installations that share a Redis are kept apart by <c>channelPrefix</c> in its connection string.
/// </remarks>
internal static class BellChannels
{
    /// <summary>Of the newer replica no fewer than of the older in a rolling deploy, which else would not be heard on some.</summary>
    private const int Count = 16;

    private const string Prefix = "thebot:bell:";

    public static RedisChannel Heartbeat { get; } = RedisChannel.Literal(Prefix + "heartbeat");

    public static IReadOnlyList<RedisChannel> All { get; } = [.. Enumerable.Range(0, Count).Select(i => RedisChannel.Literal(Prefix + i.ToString(System.Globalization.CultureInfo.InvariantCulture)))];

    /// <summary>The channel on which a replica rings.</summary>
    public static RedisChannel Of(Guid replica) => All[(int)((uint)replica.GetHashCode() % Count)];
}
