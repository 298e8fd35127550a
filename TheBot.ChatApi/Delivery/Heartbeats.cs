namespace TheBot.ChatApi.Delivery;

/// <summary>What this replica hears of the beats that every replica gives through Redis: whether its own come back, and whether others are there.</summary>
/// <remarks>
/// Together the two say for whom it is worth to ring. A replica that the others do not hear does not hear itself either, and sweeps: so it may be forgotten, if only
/// later than it knows (<see cref="GoneAfter"/>), and if it sweeps until the others have certainly heard it again (<see cref="Heard"/>).
/// </remarks>
internal sealed class Heartbeats(TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(400);

    /// <summary>Two beats may be late before the bell counts as silent.</summary>
    private static readonly TimeSpan SilentAfter = Every * 2.5;

    /// <summary>When a replica that gave no beat counts as gone. The sweep of one that hears nothing has begun long before.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(5);

    private long _beatAt; // its own, the last
    private long _heardAt; // the last that was no first
    private long _othersAt; // of others, or since when they are listened for

    /// <summary>This replica, as it beats and rings.</summary>
    public Guid Self { get; } = Guid.NewGuid();

    /// <summary>A tick for each beat.</summary>
    public PeriodicTimer StartTimer() => new(Every, time);

    /// <summary>Whether a call made now is likely to be heard, and one of the others to be heard here. As of this moment: it does not wait for the next beat.</summary>
    public bool Rings => IsWithin(SilentAfter, Volatile.Read(ref _heardAt));

    /// <summary>Whether nobody else listens. Never while there is a doubt.</summary>
    public bool IsAlone => Rings && !IsWithin(GoneAfter, Volatile.Read(ref _othersAt));

    /// <summary>A beat came.</summary>
    public void Heard(ReadOnlySpan<byte> replica)
    {
        var now = time.GetTimestamp();
        if (!replica.SequenceEqual(Self.ToByteArray()))
        {
            Volatile.Write(ref _othersAt, now);
            return;
        }

        // the first after a silence does not count: the others hear it at this very moment, and may have counted this replica as gone until now
        if (IsWithin(SilentAfter, _beatAt)) Volatile.Write(ref _heardAt, now);
        else Volatile.Write(ref _othersAt, now);
        _beatAt = now;
    }

    private bool IsWithin(TimeSpan span, long since) => since != 0 && time.GetElapsedTime(since) < span;
}
