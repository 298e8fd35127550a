using TheBot.ChatApi.Observability;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>A room's log on its way to this replica's subscribers.</summary>
internal sealed class RoomFeed(long roomId, RoomLog log, DeliveryOptions options, Action<RoomFeed> left, ILogger logger) : LogFeed<RoomEvent>(logger)
{
    private readonly HashSet<Subscription> _subscriptions = [];
    private readonly Queue<LiveEvent> _recent = new();

    public long RoomId { get; } = roomId;

    /// <summary>Takes a subscription in, which gets events once it is live; false = the feed is closed, and another must be found.</summary>
    public bool TryAdd(Subscription subscription)
    {
        lock (Gate)
        {
            if (IsClosed) return false;
            if (_subscriptions.Count == 0) ChatMetrics.RoomOpened();
            if (_subscriptions.Add(subscription)) ChatMetrics.Subscribed();
            return true;
        }
    }

    /// <summary>Ends a subscription; whoever is the last closes the feed. False = it had ended already.</summary>
    public bool Remove(Subscription subscription)
    {
        lock (Gate) return RemoveHere(subscription);
    }

    /// <summary>Whoever subscribes is present from now on, unless the subscription has ended already.</summary>
    public void Enter(Subscription subscription, Presence presence)
    {
        lock (Gate)
        {
            if (subscription.HasEnded) return;
            subscription.PresentIn = presence;
            presence.Enter(RoomId, subscription.Connection.UserId);
        }
    }

    /// <summary>Queues a page of the log, unless the subscription has ended: the end is told under the same lock, and no page comes behind it.</summary>
    public Task WritePage(Subscription subscription, long upTo, IReadOnlyList<OutFrame> frames)
    {
        lock (Gate)
        {
            if (subscription.HasEnded) return Task.CompletedTask;
            subscription.Position = upTo;
            return subscription.Connection.Queue.WriteAsync(frames);
        }
    }

    /// <summary>
    /// Makes a subscription live if nothing is missing between its position and the next event, filling up from the newest events where
    /// they reach back far enough; false = it has to read more of the log first.
    /// </summary>
    public bool TryGoLive(Subscription subscription)
    {
        lock (Gate)
        {
            if (subscription.HasEnded) return true;
            var oldest = Next - _recent.Count;
            if (subscription.Position < oldest - 1) return false;
            foreach (var recent in _recent)
            {
                if (recent.Event.Seq > subscription.Position) subscription.Take(recent.SeenFrom(subscription.VisibleFromSeq));
            }

            subscription.IsLive = true;
            return true;
        }
    }

    /// <summary>Something without a seq, to whoever is live now.</summary>
    public void Pass(Ephemeral ephemeral)
    {
        var frames = new OutFrame?[IDialect.Slots];
        lock (Gate)
        {
            foreach (var subscription in _subscriptions)
            {
                if (!subscription.IsLive) continue;
                var dialect = subscription.Connection.Dialect;
                if ((frames[dialect.Slot] ??= dialect.Render(ephemeral)) is { } frame) subscription.Connection.Queue.Enqueue(frame);
            }
        }
    }

    protected override long SeqOf(RoomEvent logEvent) => logEvent.Seq;

    protected override async Task<long> ReadHeadAsync() =>
        (await log.HeadsAsync([RoomId], CancellationToken.None).ConfigureAwait(false)) is [var (_, head)] ? head : 0;

    protected override Task<List<RoomEvent>> ReadAsync(long afterSeq, int limit) => log.ReadAsync(RoomId, afterSeq, limit, readerId: null, CancellationToken.None);

    protected override void Deliver(RoomEvent logEvent)
    {
        using var watch = DeliveryWatch.Start(logEvent);
        var live = new LiveEvent(logEvent);
        // a text that was deleted, or the name of somebody who was, is in no resume: what is kept here has it, the log's own reading has not
        if (logEvent.Kind is RoomEventKind.MessageDeleted or RoomEventKind.MemberRemoved) _recent.Clear();
        if (options.RecentEvents > 0)
        {
            if (_recent.Count == options.RecentEvents) _recent.Dequeue();
            _recent.Enqueue(live);
        }

        if (logEvent is { Kind: RoomEventKind.MemberRemoved, SubjectId: { } removed }) Expel(removed, logEvent.Seq);

        foreach (var subscription in _subscriptions)
        {
            if (subscription.IsLive && logEvent.Seq > subscription.Position) subscription.Take(live.SeenFrom(subscription.VisibleFromSeq), watch);
        }
    }

    /// <summary>Before the event reaches anybody: who is out does not hear of what follows, in whatever state their subscription is.</summary>
    /// <remarks>A subscription that is further already was opened by somebody who had come back: that removal is over for them.</remarks>
    private void Expel(long userId, long seq)
    {
        foreach (var subscription in _subscriptions.Where(s => s.Connection.UserId == userId && s.Position < seq).ToList())
        {
            RemoveHere(subscription);
            subscription.Connection.Removed(RoomId);
        }
    }

    private bool RemoveHere(Subscription subscription)
    {
        subscription.HasEnded = true;
        subscription.IsLive = false;
        if (!_subscriptions.Remove(subscription)) return false;
        ChatMetrics.Unsubscribed();
        subscription.PresentIn?.Leave(RoomId, subscription.Connection.UserId);
        subscription.PresentIn = null;
        if (_subscriptions.Count > 0) return true;
        IsClosed = true;
        ChatMetrics.RoomClosed();
        left(this);
        return true;
    }
}
