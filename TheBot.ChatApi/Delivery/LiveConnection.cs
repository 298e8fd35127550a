using System.Collections.Concurrent;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>One connection of one person to this replica, whatever the transport.</summary>
internal abstract class LiveConnection : IFrameWriter
{
    protected LiveConnection(Identity who, IDialect dialect, DeliveryOptions options, TimeProvider time)
    {
        Who = who;
        Person = EphemeralPerson.Of(who);
        Dialect = dialect;
        Queue = new ConnectionQueue(this, options, time);
    }

    public Identity Who { get; }

    public long UserId => Who.UserId;

    /// <summary>Who that is to others.</summary>
    public EphemeralPerson Person { get; }

    /// <summary>The rooms in which this connection has said that it types.</summary>
    public ConcurrentDictionary<long, bool> TypingIn { get; } = new();

    public IDialect Dialect { get; }

    public ConnectionQueue Queue { get; }

    public abstract OutFrame TooSlow { get; }

    /// <summary>The rooms whose feeds this connection is subscribed to.</summary>
    public ConcurrentDictionary<long, Subscription> Subscriptions { get; } = new();

    /// <summary>The person is no longer in the room; nothing of it comes after this. Called under a feed's lock: enqueues and returns.</summary>
    public abstract void Removed(long roomId);

    /// <summary>Something in the person's own log. Called under a feed's lock: enqueues and returns.</summary>
    public abstract void Tell(UserEvent userEvent);

    /// <summary>Ends the connection with a close code after what is queued. Does not wait.</summary>
    public abstract void Close(int code, string reason);

    /// <summary>Asks the client to come back to another replica, after so long where its dialect can say that.</summary>
    public virtual void GoAway(TimeSpan retryAfter) => Close(CloseCode.GoingAway, "going away");

    /// <summary>Ends the connection at once.</summary>
    public abstract void Abort();

    public abstract ValueTask WriteAsync(IReadOnlyList<OutFrame> frames);

    public abstract void Broken(Exception exception);

    /// <summary>Whether a revocation means this connection: its token, or every token of the person.</summary>
    protected bool IsRevokedBy(UserEvent userEvent) =>
        userEvent.Kind == UserEventKind.Revoked && (userEvent.TokenHash is null || userEvent.TokenHash.AsSpan().SequenceEqual(Who.TokenHash));
}
