using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>This replica's hub connections, so that each can be written to through its own queue (<see cref="HubLiveConnection"/>).</summary>
/// <remarks>
/// Without SignalR's Redis backplane: that makes every connection wait for its subscriptions, so that with Redis down no call is answered, and it
/// writes past the queue, before the first word and without a bound. So the hub's own <c>Clients</c> and <c>Groups</c> reach this replica alone, and
/// nothing goes by them.
/// </remarks>
internal sealed class HubConnections(ILogger<DefaultHubLifetimeManager<ChatHub>> logger) : DefaultHubLifetimeManager<ChatHub>(logger)
{
    private readonly ConcurrentDictionary<string, HubConnectionContext> _connections = new();

    public HubConnectionContext Find(string connectionId) => _connections[connectionId];

    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        return base.OnConnectedAsync(connection);
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        _connections.TryRemove(connection.ConnectionId, out _);
        return base.OnDisconnectedAsync(connection);
    }
}
