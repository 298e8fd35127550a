using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>One connection following one room: from a position in the log, through what it missed, into the live stream, without a hole between.</summary>
/// <remarks>
/// It is known to the feed from the beginning, so that a removal reaches it in any state, but gets events only once it is live. Until then
/// pages are read from the log and written at the reader's own pace, outside the live queue's bounds.
/// </remarks>
internal sealed class Subscription(RoomFeed feed, LiveConnection connection, RoomLog log, DeliveryOptions options)
{
    public LiveConnection Connection { get; } = connection;

    /// <summary>The seq up to which the connection has everything.</summary>
    public long Position { get; set; }

    /// <summary>A member, who types and is present; not an administrator who looks.</summary>
    public bool IsMember { get; set; }

    /// <summary>They see what comes after this seq. Set before it goes live.</summary>
    public long VisibleFromSeq { get; set; }

    /// <summary>Set under the feed's lock.</summary>
    public bool IsLive { get; set; }

    /// <summary>Set under the feed's lock: nothing may be delivered any more.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Set under the feed's lock: where the person counts as present for this subscription; null = they do not.</summary>
    public Presence? PresentIn { get; set; }

    /// <summary>Reads on from <paramref name="position"/> and goes live. Ends when live, or when access or the connection has ended.</summary>
    public async Task GoLiveFromAsync(long position, CancellationToken cancellationToken)
    {
        Position = position;
        while (!feed.TryGoLive(this))
        {
            var page = await log.ReadAsync(feed.RoomId, Position, options.CatchUpPage, Connection.UserId, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                // the log goes on, but not for this person: they left the room while they were catching up
                if (feed.Remove(this)) Connection.Removed(feed.RoomId);
                return;
            }

            var frames = new List<OutFrame>(page.Count);
            foreach (var roomEvent in page)
            {
                if (Connection.Dialect.Render(roomEvent) is { } frame) frames.Add(frame);
            }

            await feed.WritePage(this, page[^1].Seq, frames).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void End() => feed.Remove(this);

    /// <summary>The person is present in the room for as long as this subscription lasts. To be called once it is live, so that it hears of itself.</summary>
    public void Enter(Presence presence) => feed.Enter(this, presence);

    /// <summary>Under the feed's lock.</summary>
    public void Take(LiveEvent live, DeliveryWatch? watch = null)
    {
        Position = live.Event.Seq;
        if (live.For(Connection.Dialect) is { } frame) Connection.Queue.Enqueue(frame, watch);
    }
}
