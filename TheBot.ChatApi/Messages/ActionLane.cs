namespace TheBot.ChatApi.Messages;

/// <summary>The actions of one person in one room, one after the other in the order of asking, while their connection reads on.</summary>
/// <remarks>Two edits of one message must not overtake each other; and a room that somebody holds must not keep a connection from answering pings.</remarks>
internal sealed class ActionLane
{
    /// <summary>So many may wait; whoever asks for more is told to slow down.</summary>
    private const int Places = 64;

    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private int _waiting;

    /// <summary>Whether nothing runs or waits.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _waiting == 0;
        }
    }

    /// <summary>Runs an action, which must not throw, after those before it; false = too many wait already.</summary>
    public bool TryRun(Func<Task> action)
    {
        lock (_gate)
        {
            if (_waiting == Places) return false;
            _waiting++;
            _last = RunAfterAsync(_last, action);
            return true;
        }
    }

    private async Task RunAfterAsync(Task before, Func<Task> action)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the gate and has frames to read
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _waiting--;
        }
    }
}
