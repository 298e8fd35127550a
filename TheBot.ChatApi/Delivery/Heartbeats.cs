namespace TheBot.ChatApi.Delivery;

/// <summary>What this replica hears of the beats that every replica gives through Redis: whether its own come back, and whether others are there.</summary>
/// <remarks>
/// Together the two say for whom it is worth to ring. A replica that the others do not hear does not hear itself either, and sweeps: so it may be forgotten, if only
/// later than it knows (<see cref="GoneAfter"/>), and if it sweeps until whoever missed its first beat knows of their own silence (<see cref="SureAfter"/>).
/// </remarks>
internal sealed class Heartbeats(TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(400);

    /// <summary>Two beats may be late before the bell counts as silent.</summary>
    private static readonly TimeSpan SilentAfter = Every * 2.5;

    /// <summary>For how long its own beats have to come back before it relies on the bell. A replica that missed the first of them hears nothing, knows it by then, and rings.</summary>
    private static readonly TimeSpan SureAfter = SilentAfter + Every;

    /// <summary>When a replica that gave no beat counts as gone. The sweep of one that hears nothing has begun long before.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(5);

    private long _beatAt; // its own, the last
    private long _rowAt; // its own, the first of those without a silence between
    private long _heardAt; // its own, the last that came when it was sure
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

        if (!IsWithin(SilentAfter, _beatAt))
        {
            _rowAt = now;
            Volatile.Write(ref _othersAt, now);
        }

        _beatAt = now;
        // a number of beats would not do: after a pause several come at once, and the others hear the first of them when they can
        if (!IsWithin(SureAfter, _rowAt)) Volatile.Write(ref _heardAt, now);
    }

    private bool IsWithin(TimeSpan span, long since) => since != 0 && time.GetElapsedTime(since) < span;
}
