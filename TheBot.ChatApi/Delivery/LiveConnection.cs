using System.Collections.Concurrent;
using System.Globalization;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>One connection of one person to this replica, whatever the transport.</summary>
internal abstract class LiveConnection : IFrameWriter
{
    /// <summary>Those who are told at the same moment do not come back at the same moment.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(1);

    private readonly Lock _greeting = new();
    private readonly Lock _leaving = new();
    private TimeSpan? _retryAfter; // null = stays
    private int _owed;
    private bool _isGreeted;

    protected LiveConnection(Identity who, IDialect dialect, DeliveryOptions options, TimeProvider time, ILogger logger)
    {
        Who = who;
        Person = EphemeralPerson.Of(who);
        Dialect = dialect;
        Logger = logger;
        Queue = new ConnectionQueue(this, options, time);
    }

    public Identity Who { get; }

    protected ILogger Logger { get; }

    public long UserId => Who.UserId;

    /// <summary>Who that is to others.</summary>
    public EphemeralPerson Person { get; }

    /// <summary>The rooms in which this connection has said that it types.</summary>
    public ConcurrentDictionary<long, bool> TypingIn { get; } = new(concurrencyLevel: 1, capacity: 1);

    public IDialect Dialect { get; }

    public ConnectionQueue Queue { get; }

    public abstract OutFrame TooSlow { get; }

    public void Overflowed(int frames, int bytes) => DeliveryLog.QueueFull(Logger, UserId, frames, bytes);

    /// <summary>The rooms whose feeds this connection is subscribed to.</summary>
    public ConcurrentDictionary<long, Subscription> Subscriptions { get; } = new(concurrencyLevel: 1, capacity: 1);

    /// <summary>The person is no longer in the room; nothing of it comes after this. Called under a feed's lock: enqueues and returns.</summary>
    public abstract void Removed(long roomId);

    /// <summary>Something in the person's own log. Called under a feed's lock: enqueues and returns.</summary>
    public abstract void Tell(UserEvent userEvent);

    /// <summary>The greeting is queued, and with it began what is told of the person's own rooms.</summary>
    public bool IsGreeted
    {
        get
        {
            lock (_greeting) return _isGreeted;
        }
    }

    /// <summary>The first word to the client, for those dialects that have one. To be called once, when the person's own log is open.</summary>
    public void Greet(OutFrame ready)
    {
        lock (_greeting)
        {
            Queue.Enqueue(ready);
            _isGreeted = true;
        }
    }

    /// <summary>News for the person, behind the greeting. Of rooms that came before it the list tells that the client fetches after it; a hint is out of date by then.</summary>
    protected void TellOnceGreeted(OutFrame frame)
    {
        lock (_greeting)
        {
            if (_isGreeted) Queue.Enqueue(frame);
        }
    }

    /// <summary>Ends the connection with a close code after what is queued. Does not wait.</summary>
    public abstract void Close(int code, string reason);

    /// <summary>The client was asked to go to another replica: nothing more is taken from it.</summary>
    public bool IsLeaving
    {
        get
        {
            lock (_leaving) return _retryAfter is not null;
        }
    }

    /// <summary>
    /// Asks the client to come back to another replica, within a second that is left to chance. What it says from now on is not taken; the connection is closed behind
    /// the answers that it still waits for, so that what had none was not stored, unless the drain cuts it off.
    /// </summary>
    public void GoAway()
    {
        lock (_leaving)
        {
            if (_retryAfter is not null) return;
            _retryAfter = Spread * Random.Shared.NextDouble();
            SayGoingAway(_retryAfter.Value);
            if (_owed == 0) CloseToRestart();
        }
    }

    /// <summary>An answer is owed to the client; false = it is leaving, and what it asks for is not to be done.</summary>
    public bool TryOwe()
    {
        lock (_leaving)
        {
            if (_retryAfter is not null) return false;
            _owed++;
            return true;
        }
    }

    /// <summary>The answer is queued; once for each <see cref="TryOwe"/> that said true.</summary>
    public void Settle()
    {
        lock (_leaving)
        {
            if (--_owed == 0 && _retryAfter is not null) CloseToRestart();
        }
    }

    /// <summary>The action, and then <see cref="Settle"/>.</summary>
    public Func<Task> Settling(Func<Task> action) => async () =>
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            Settle();
        }
    };

    /// <summary>Ends the connection at once.</summary>
    public abstract void Abort();

    public abstract ValueTask WriteAsync(IReadOnlyList<OutFrame> frames);

    public abstract void Broken(Exception exception);

    /// <summary>Tells the client, where its dialect has a word for it, when to come back. The close follows.</summary>
    protected virtual void SayGoingAway(TimeSpan retryAfter)
    {
    }

    private void CloseToRestart() =>
        Close(CloseCode.Restart, string.Create(CultureInfo.InvariantCulture, $"restarting, come back after {_retryAfter!.Value.TotalSeconds:0.0} s"));

    /// <summary>Whether a revocation means this connection: its token, or every token of the person.</summary>
    protected bool IsRevokedBy(UserEvent userEvent) =>
        userEvent.Kind == UserEventKind.Revoked && (userEvent.TokenHash is null || userEvent.TokenHash.AsSpan().SequenceEqual(Who.TokenHash));
}
