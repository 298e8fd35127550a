namespace TheBot.ChatApi.Memory;

/// <summary>Decides when it is quiet and a collection worth while. To be asked every <see cref="LookEvery"/>.</summary>
internal sealed class QuietWatch
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes allocated from one look to the next that still are quiet: 2,000 people who only listen cost 100 to 180 KiB, and once in five looks, when their
    /// logs' heads are compared, 1.2 MiB; some 25 messages, where few come at a time, cost as much. Whoever talks more would notice the pause. Some 3,000 listeners are never quiet.
    /// </summary>
    public const long QuietBytes = 256 * 1024;

    /// <summary>Bytes allocated since the last collection here that make one worth while.</summary>
    public const long WorthwhileBytes = 16 * 1024 * 1024;

    /// <summary>Bytes in use up to which to collect: everything stands still for 25 ms after starting and for 170 ms with 2,000 connections. A larger heap is left to the runtime.</summary>
    public const long LargestHeap = 128 * 1024 * 1024;

    /// <summary>Quiet looks in a row.</summary>
    private const int Looks = 3;

    private long _seen;
    private long _collected;
    private int _quiet;

    /// <summary>Whether to collect now; true counts as done.</summary>
    /// <param name="allocated">Bytes that the process has allocated since it started.</param>
    /// <param name="inUse">Bytes on the heap.</param>
    public bool IsDue(long allocated, long inUse)
    {
        _quiet = allocated - _seen <= QuietBytes ? _quiet + 1 : 0;
        _seen = allocated;
        if (_quiet < Looks || allocated - _collected < WorthwhileBytes || inUse > LargestHeap) return false;
        _collected = allocated;
        return true;
    }
}
