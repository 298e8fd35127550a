using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Observability;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>The feeds of this replica: one for each room and each person that somebody here is connected for.</summary>
internal sealed class Feeds(RoomLog roomLog, UserLog userLog, IOptions<DeliveryOptions> options, ILogger<Feeds> logger)
{
    private readonly ConcurrentDictionary<long, RoomFeed> _rooms = new();
    private readonly ConcurrentDictionary<long, UserFeed> _users = new();
    private readonly ConcurrentDictionary<LiveConnection, bool> _connections = new();
    private readonly CancellationTokenSource _leaving = new();

    public long[] RoomIds => [.. _rooms.Keys];

    /// <summary>Whether somebody here follows the room.</summary>
    public bool IsFollowed(long roomId) => _rooms.ContainsKey(roomId);

    public long[] UserIds => [.. _users.Keys];

    public IEnumerable<LiveConnection> Connections => _connections.Keys;

    /// <summary>Cancelled once this replica leaves: who connects after that is asked to go at once.</summary>
    public CancellationToken Leaving => _leaving.Token;

    public Task LeaveAsync() => _leaving.CancelAsync();

    /// <summary>Begins to follow a room, which must not be followed by the connection already. Live comes later (<see cref="Subscription.GoLiveFromAsync"/>).</summary>
    /// <remarks>To be called before rights are checked: a removal between the check and this call would be missed.</remarks>
    public async Task<Subscription> FollowAsync(LiveConnection connection, long roomId)
    {
        while (true)
        {
            var feed = _rooms.GetOrAdd(roomId, id => new RoomFeed(id, roomLog, options.Value, Leave, logger));
            var subscription = new Subscription(feed, connection, roomLog, options.Value);
            if (!feed.TryAdd(subscription)) continue;
            try
            {
                await feed.StartAsync().ConfigureAwait(false);
                return subscription;
            }
            catch
            {
                subscription.End();
                throw;
            }
        }
    }

    /// <summary>Connects somebody to their own log.</summary>
    public async Task OpenAsync(LiveConnection connection)
    {
        if (_connections.TryAdd(connection, true)) ChatMetrics.ConnectionOpened();
        while (true)
        {
            var feed = _users.GetOrAdd(connection.UserId, id => new UserFeed(id, userLog, Leave, logger));
            if (!feed.TryAdd(connection)) continue;
            try
            {
                await feed.StartAsync().ConfigureAwait(false);
                return;
            }
            catch
            {
                Close(connection); // or the feed that could not start would stay, and refuse this person for ever
                throw;
            }
        }
    }

    /// <summary>Ends everything that <see cref="OpenAsync"/> and <see cref="FollowAsync"/> began for a connection.</summary>
    public void Close(LiveConnection connection)
    {
        foreach (var subscription in connection.Subscriptions.Values) subscription.End();
        if (_users.TryGetValue(connection.UserId, out var feed)) feed.Remove(connection);
        if (_connections.TryRemove(connection, out _)) ChatMetrics.ConnectionClosed();
        connection.Queue.Abandon();
    }

    public void Offer(Committed committed)
    {
        foreach (var roomEvent in committed.RoomEvents)
        {
            if (_rooms.TryGetValue(roomEvent.RoomId, out var feed)) feed.Offer(roomEvent);
        }

        foreach (var userEvent in committed.UserEvents)
        {
            if (_users.TryGetValue(userEvent.UserId, out var feed)) feed.Offer(userEvent);
        }
    }

    public void Pass(Ephemeral ephemeral)
    {
        if (_rooms.TryGetValue(ephemeral.RoomId, out var feed)) feed.Pass(ephemeral);
    }

    public void RoomHeadSeen(long roomId, long head)
    {
        if (_rooms.TryGetValue(roomId, out var feed)) feed.HeadSeen(head);
    }

    public void UserHeadSeen(long userId, long head)
    {
        if (_users.TryGetValue(userId, out var feed)) feed.HeadSeen(head);
    }

    private void Leave(RoomFeed feed) => _rooms.TryRemove(new(feed.RoomId, feed));

    private void Leave(UserFeed feed) => _users.TryRemove(new(feed.UserId, feed));
}
