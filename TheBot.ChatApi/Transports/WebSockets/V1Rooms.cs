using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The rooms that one v1 connection follows.</summary>
/// <remarks>
/// Promises: <c>subscribed</c> stands before the room's first event, <c>unsubscribed</c> behind its last, and subscribing anew ends the old
/// stream before the new one's <c>subscribed</c>. A few rooms at a time are opened and caught up, in the order of asking, at the reader's pace.
/// </remarks>
internal sealed class V1Rooms(V1Connection connection, SocketServices house, SubscribeTurns turns, V1Options options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Place> _places = [];
    private readonly SemaphoreSlim _opening = new(options.SubscribesPerConnection);
    private bool _ended;

    /// <summary>Follows a room; the answer is <c>subscribed</c> or an error.</summary>
    public void Subscribe(string? id, long room, long? since)
    {
        Place place;
        Place? replaced;
        lock (_gate)
        {
            if (_ended) return;
            if (!_places.TryGetValue(room, out replaced) && _places.Count >= options.RoomsMax)
            {
                connection.Error(id, room, new V1Error(ErrorCode.TooManyRooms, $"at most {options.RoomsMax} rooms on one connection"));
                return;
            }

            _places[room] = place = new Place(room);
        }

        if (replaced is not null) End(replaced);
        _ = OpenAsync(place, replaced?.Opened ?? Task.CompletedTask, id, since);
    }

    /// <summary>Follows a room no longer, and says so in any case.</summary>
    public void Unsubscribe(string? id, long room)
    {
        if (Take(room) is not { } place)
        {
            connection.Queue.Enqueue(V1Dialect.Unsubscribed(id, room, null));
            return;
        }

        End(place);
        SayEnded(place, id, null);
    }

    /// <summary>The feed has ended the subscription. Called under the feed's lock, perhaps twice.</summary>
    public void Removed(long room)
    {
        if (Take(room) is not { } place) return;
        Detach(place);
        SayEnded(place, null, V1Unsubscribed.Removed);
    }

    /// <summary>The connection is over.</summary>
    public void End()
    {
        List<Place> places;
        lock (_gate)
        {
            _ended = true;
            places = [.. _places.Values];
            _places.Clear();
        }

        places.ForEach(End);
    }

    private Place? Take(long room)
    {
        lock (_gate) return _places.Remove(room, out var place) ? place : null;
    }

    private bool TryTake(Place place)
    {
        lock (_gate) return ((ICollection<KeyValuePair<long, Place>>)_places).Remove(new(place.Room, place));
    }

    private void End(Place place)
    {
        Detach(place);
        place.Subscription?.End();
    }

    /// <summary>After this the place gets no subscription.</summary>
    private void Detach(Place place)
    {
        lock (_gate)
        {
            place.HasEnded = true;
            if (place.Subscription is { } own) connection.Subscriptions.TryRemove(new(place.Room, own));
        }
    }

    /// <summary>Behind everything that the stream has still to write.</summary>
    private void SayEnded(Place place, string? id, string? reason)
    {
        var frame = V1Dialect.Unsubscribed(id, place.Room, reason);
        if (place.Opened.IsCompleted) connection.Queue.Enqueue(frame);
        else _ = SayLaterAsync();

        async Task SayLaterAsync()
        {
            await place.Opened.ConfigureAwait(false);
            connection.Queue.Enqueue(frame);
        }
    }

    private async Task OpenAsync(Place place, Task before, string? id, long? since)
    {
        await before.ConfigureAwait(false);
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!place.HasEnded) await FollowAsync(place, id, since).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (place.HasEnded) return;
            DeliveryLog.CatchUpFailed(house.Logger, place.Room, connection.UserId, e);
            connection.Close(CloseCode.Fault, "come back");
        }
        finally
        {
            place.SetOpened();
            _opening.Release();
        }
    }

    private async Task FollowAsync(Place place, string? id, long? since)
    {
        Data.Log.RoomSnapshot? room;
        Subscription subscription;
        using (await turns.WaitAsync().ConfigureAwait(false))
        {
            if (place.HasEnded) return;
            // followed before rights are asked for: a removal in between is then heard of
            subscription = await house.Feeds.FollowAsync(connection, place.Room).ConfigureAwait(false);
            if (!TryKeep(place, subscription)) return;
            room = await house.Log.SnapshotAsync(place.Room, connection.UserId, since is null ? ChatLimits.HistoryOnConnect : 0, CancellationToken.None)
                .ConfigureAwait(false);
        }

        if (room is null)
        {
            if (!TryTake(place)) return;
            End(place);
            connection.Error(id, place.Room, new V1Error(ErrorCode.AccessDenied, "no access to this room"));
            return;
        }

        subscription.VisibleFromSeq = room.VisibleFromSeq;
        subscription.IsMember = room.IsMember;
        if (since is not null) ChatMetrics.Resumed();
        var from = since is { } seq ? Math.Clamp(seq, room.VisibleFromSeq, room.Head) : room.Head;
        var answer = V1Dialect.Subscribed(id, place.Room, new V1Subscribed(room.Head, from, room.IsMember, room.ReadSeq, room.Messages));
        await connection.Queue.WriteAsync([answer]).ConfigureAwait(false);
        await subscription.GoLiveFromAsync(from, CancellationToken.None).ConfigureAwait(false);

        // an administrator who looks is not in the room, and in the general room everybody always is
        if (room.IsMember && room.Kind != RoomKind.General) subscription.Enter(house.Presence);
    }

    /// <summary>Keeps the subscription, unless the place has ended meanwhile.</summary>
    private bool TryKeep(Place place, Subscription subscription)
    {
        lock (_gate)
        {
            if (!place.HasEnded)
            {
                place.Subscription = subscription;
                connection.Subscriptions[place.Room] = subscription;
                return true;
            }
        }

        subscription.End();
        return false;
    }

    private sealed class Place(long room)
    {
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _hasEnded;

        public long Room { get; } = room;

        /// <summary>Ends when the stream is live, or writes nothing more because it has ended.</summary>
        public Task Opened => _opened.Task;

        public Subscription? Subscription { get; set; }

        public bool HasEnded
        {
            get => _hasEnded;
            set => _hasEnded = value;
        }

        public void SetOpened() => _opened.SetResult();
    }
}
