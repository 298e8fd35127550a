using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using StackExchange.Redis;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>The hub's connections: known here at once, and to the Redis backplane when Redis answers.</summary>
/// <remarks>
/// The backplane carries hints for a person's other devices and nothing else; messages go by the log. By itself it makes every connection
/// wait for its subscriptions, so that with Redis down no call is ever answered: here nothing waits for it, and what it cannot carry is
/// left out.
/// </remarks>
internal sealed class TolerantHubLifetime(RedisHubLifetimeManager<ChatHub> backplane, DefaultHubLifetimeManager<ChatHub> local, ILogger<TolerantHubLifetime> logger)
    : HubLifetimeManager<ChatHub>
{
    private readonly ConcurrentDictionary<string, Known> _connections = new();

    public HubConnectionContext Find(string connectionId) => _connections[connectionId].Context;

    public override async Task OnConnectedAsync(HubConnectionContext connection)
    {
        await local.OnConnectedAsync(connection);
        _connections[connection.ConnectionId] = new Known(connection, Task.Run(() => Tolerate(() => backplane.OnConnectedAsync(connection))));
    }

    public override async Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        await local.OnDisconnectedAsync(connection);
        if (!_connections.TryRemove(connection.ConnectionId, out var known)) return;

        // in its own time: the backplane takes leave after it has said hello, whenever that is
        _ = Task.Run(async () =>
        {
            await known.Joining;
            await Tolerate(() => backplane.OnDisconnectedAsync(connection));
        });
    }

    public override Task SendUserAsync(string userId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        Hint(() => backplane.SendUserAsync(userId, methodName, args, cancellationToken));

    public override Task SendUsersAsync(IReadOnlyList<string> userIds, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        Hint(() => backplane.SendUsersAsync(userIds, methodName, args, cancellationToken));

    public override Task SendAllAsync(string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        Hint(() => backplane.SendAllAsync(methodName, args, cancellationToken));

    public override Task SendAllExceptAsync(string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds, CancellationToken cancellationToken = default) =>
        Hint(() => backplane.SendAllExceptAsync(methodName, args, excludedConnectionIds, cancellationToken));

    public override Task SendConnectionAsync(string connectionId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        local.SendConnectionAsync(connectionId, methodName, args, cancellationToken);

    public override Task SendConnectionsAsync(IReadOnlyList<string> connectionIds, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        local.SendConnectionsAsync(connectionIds, methodName, args, cancellationToken);

    public override Task SendGroupAsync(string groupName, string methodName, object?[] args, CancellationToken cancellationToken = default) => throw NoGroups();

    public override Task SendGroupsAsync(IReadOnlyList<string> groupNames, string methodName, object?[] args, CancellationToken cancellationToken = default) => throw NoGroups();

    public override Task SendGroupExceptAsync(
        string groupName, string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds, CancellationToken cancellationToken = default) => throw NoGroups();

    public override Task AddToGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default) => throw NoGroups();

    public override Task RemoveFromGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default) => throw NoGroups();

    private static NotSupportedException NoGroups() => new("A room's events go by its feed, never by a SignalR group: groups keep neither order nor anything at all.");

    /// <summary>In its own time: a Redis that takes everything and answers nothing would let the caller wait until its client gives up.</summary>
    private Task Hint(Func<Task> hint)
    {
        _ = Tolerate(hint);
        return Task.CompletedTask;
    }

    private async Task Tolerate(Func<Task> hint)
    {
        try
        {
            await hint();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            HubLog.BackplaneAway(logger, e);
        }
    }

    private sealed record Known(HubConnectionContext Context, Task Joining);
}

/// <summary>What the hub writes to the log (event ids 1200-1299).</summary>
internal static partial class HubLog
{
    [LoggerMessage(1200, LogLevel.Debug, "The hub's backplane is away; a hint between devices is left out")]
    public static partial void BackplaneAway(ILogger logger, Exception exception);
}
