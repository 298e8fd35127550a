using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>This replica's hub connections, each of which is written to through its own queue (<see cref="HubLiveConnection"/>), and their groups.</summary>
/// <remarks>
/// Of what SignalR can address there is one thing: the others of a group, for hints. Here they are told at once, on other replicas by the
/// <see cref="HubBackplane"/>. Everything else is refused, because it would write past the queues: messages go by the log.
/// </remarks>
internal sealed class HubConnections(HubBackplane backplane) : HubLifetimeManager<ChatHub>
{
    private readonly ConcurrentDictionary<string, HubConnectionContext> _connections = new();
    private readonly ConcurrentDictionary<string, HubSeat> _seats = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<HubSeat>> _groups = []; // under the gate; none of them is empty

    public HubConnectionContext Find(string connectionId) => _connections[connectionId];

    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        _connections.TryRemove(connection.ConnectionId, out _);
        if (!_seats.TryRemove(connection.ConnectionId, out var seat)) return Task.CompletedTask;
        lock (_gate)
        {
            var group = _groups[seat.Group];
            group.Remove(seat);
            if (group.Count == 0) _groups.Remove(seat.Group);
        }

        return Task.CompletedTask;
    }

    /// <summary>Gives a connection its seat, of which it has one. On this replica that is so at once; other replicas reach it when Redis has heard of it.</summary>
    public override Task AddToGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default)
    {
        var hub = Find(connectionId);
        var seat = new HubSeat((HubLiveConnection)hub.Items[ChatHub.ConnectionKey]!, connectionId, groupName);
        if (!_seats.TryAdd(connectionId, seat)) throw new NotSupportedException("A hub connection sits in one group.");
        lock (_gate)
        {
            if (!_groups.TryGetValue(groupName, out var group)) _groups.Add(groupName, group = []);
            group.Add(seat);
        }

        backplane.Keep(seat, hub.ConnectionAborted);
        return Task.CompletedTask;
    }

    public override Task SendGroupExceptAsync(
        string groupName, string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds, CancellationToken cancellationToken = default)
    {
        HubSeat[] here;
        lock (_gate) here = _groups.TryGetValue(groupName, out var group) ? [.. group] : [];
        var message = new SerializedHubMessage(new InvocationMessage(methodName, args));
        foreach (var seat in here)
        {
            if (!excludedConnectionIds.Contains(seat.ConnectionId)) seat.Take(message);
        }

        backplane.Send(groupName, methodName, args, except: [.. excludedConnectionIds, .. here.Select(seat => seat.ConnectionId)]);
        return Task.CompletedTask;
    }

    public override Task RemoveFromGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendAllAsync(string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendAllExceptAsync(string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendConnectionAsync(string connectionId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendConnectionsAsync(IReadOnlyList<string> connectionIds, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendGroupAsync(string groupName, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendGroupsAsync(IReadOnlyList<string> groupNames, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendUserAsync(string userId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    public override Task SendUsersAsync(IReadOnlyList<string> userIds, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        throw Refused();

    private static NotSupportedException Refused() =>
        new("Only hints go by SignalR's groups, to the others of one: everything else goes by the log and the connections' queues.");
}
