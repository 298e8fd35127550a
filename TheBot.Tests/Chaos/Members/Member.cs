using System.Collections.Concurrent;
using System.Diagnostics;
using TheBot.Data.Schema;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos.Members;

/// <summary>Somebody's client: follows rooms, says things, comes back by itself, and writes down what it was told.</summary>
internal abstract class Member(string name, Someone person, IReadOnlyList<long> rooms, Road road) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SendTrace> _sends = new();
    private readonly Lock _gate = new();
    private int _unsettled;
    private long _awaySince;
    private TimeSpan _longestAway;

    public string Name { get; } = name;
    public Someone Person { get; } = person;
    public IReadOnlyList<long> Rooms { get; } = rooms;
    public Road Road { get; } = road;
    public ICollection<SendTrace> Sends => _sends.Values;
    public ConcurrentQueue<RoomTrace> Traces { get; } = [];

    /// <summary>What is heard now, by room.</summary>
    protected ConcurrentDictionary<long, RoomTrace> Following { get; } = new();

    /// <summary>Sends that were neither acknowledged nor refused for good.</summary>
    public int Unsettled => Volatile.Read(ref _unsettled);

    public IEnumerable<SendTrace> InFlight => _sends.Values.Where(send => send.State == SendState.Unsettled);

    public bool IsLive
    {
        get
        {
            lock (_gate) return _awaySince == 0;
        }
    }

    /// <summary>The longest time without a live connection since <see cref="ForgetAbsences"/>.</summary>
    public TimeSpan LongestAway
    {
        get
        {
            lock (_gate) return _awaySince == 0 || Stopwatch.GetElapsedTime(_awaySince) < _longestAway ? _longestAway : Stopwatch.GetElapsedTime(_awaySince);
        }
    }

    public void ForgetAbsences()
    {
        lock (_gate) _longestAway = TimeSpan.Zero;
    }

    /// <summary>Begins to connect and to follow.</summary>
    public virtual void Start()
    {
        SetLive(false);
        foreach (var room in Rooms) Follow(room, rightsSince: 0);
    }

    /// <summary>Says something as soon as it can, until it is settled.</summary>
    public abstract void Say(long room, string content);

    /// <summary>Follows a room from its beginning.</summary>
    /// <param name="room">The room.</param>
    /// <param name="rightsSince">The seq at which the person was let in again.</param>
    public abstract void Follow(long room, long rightsSince);

    /// <summary>Whether the server has told that the person is out of the room.</summary>
    public bool HasLeft(long room) => !Following.ContainsKey(room);

    /// <summary>What it hears of a room at present, if it may.</summary>
    public RoomTrace? Hearing(long room) => Following.GetValueOrDefault(room);

    public abstract ValueTask DisposeAsync();

    protected RoomTrace NewTrace(long room, long rightsSince, bool messagesOnly)
    {
        var trace = new RoomTrace(Name, Person.Id, room, After: 0, messagesOnly) { RightsSince = rightsSince };
        Following[room] = trace;
        Traces.Enqueue(trace);
        return trace;
    }

    protected void Removed(RoomTrace trace)
    {
        trace.WasRemoved = true;
        Following.TryRemove(new(trace.Room, trace));
    }

    protected SendTrace Begin(long room, string content)
    {
        var send = new SendTrace(Name, Person.Id, room, Guid.CreateVersion7().ToString("N"), content);
        Interlocked.Increment(ref _unsettled);
        return _sends[send.ClientId] = send;
    }

    /// <summary>An acknowledgement as it came over the wire, whatever becomes of it.</summary>
    protected void Acknowledged(string clientId, long seq)
    {
        if (!_sends.TryGetValue(clientId, out var send)) return;
        send.AcknowledgedSeq ??= seq;
        if (send.AcknowledgedAt == 0) send.AcknowledgedAt = Stopwatch.GetTimestamp();
    }

    protected void Settle(SendTrace send, SendState state, string? error = null)
    {
        lock (send)
        {
            if (send.State != SendState.Unsettled) return;
            (send.State, send.Error) = (state, error);
        }

        Interlocked.Decrement(ref _unsettled);
    }

    protected SendTrace? Find(string clientId) => _sends.GetValueOrDefault(clientId);

    protected void SetLive(bool isLive)
    {
        lock (_gate)
        {
            if (isLive == (_awaySince == 0)) return;
            if (isLive && Stopwatch.GetElapsedTime(_awaySince) is var away && away > _longestAway) _longestAway = away;
            _awaySince = isLive ? 0 : Stopwatch.GetTimestamp();
        }
    }

    protected static Heard Message(long seq, string? clientId, string content) => new(seq, RoomEventKind.MessageCreated, clientId, content);
}
