namespace TheBot.Tests.Client;

/// <summary>A clock on which short waits are over at once and written down; long ones (time limits) wait to be fired by the test.</summary>
internal sealed class EagerTime(TimeSpan longest) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private readonly List<HeldTimer> _held = [];

    /// <summary>The waits so far, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate) return [.. _waits];
        }
    }

    /// <summary>Fires the time limits that are running with this length.</summary>
    public void Fire(TimeSpan due)
    {
        List<HeldTimer> running;
        lock (_gate) running = _held.FindAll(t => t.Due == due);
        running.ForEach(t => t.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HeldTimer(this, () => callback(state)) { Due = dueTime };
        lock (_gate)
        {
            if (dueTime > longest || dueTime == Timeout.InfiniteTimeSpan) _held.Add(timer);
            else _waits.Add(dueTime);
        }

        if (dueTime <= longest && dueTime != Timeout.InfiniteTimeSpan) ThreadPool.QueueUserWorkItem(_ => timer.Fire());
        return timer;
    }

    private sealed class HeldTimer(EagerTime owner, Action fire) : ITimer
    {
        public TimeSpan Due { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Dispose()
        {
            lock (owner._gate) owner._held.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
