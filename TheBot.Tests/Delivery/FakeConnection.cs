using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Log;

namespace TheBot.Tests.Delivery;

/// <summary>A frame that says which event it was made of; 0 = none of the log.</summary>
internal sealed record TestFrame(long Seq, string Text = "", int Size = 10, HintKey? Hint = null) : OutFrame(Size, Hint);

/// <summary>One frame an event.</summary>
internal sealed class TestDialect : IDialect
{
    public int Slot => 3;

    public OutFrame Render(RoomEvent roomEvent) => new TestFrame(roomEvent.Seq);

    public OutFrame Render(Ephemeral ephemeral) => new TestFrame(0, ephemeral.Kind.ToString(), Hint: ephemeral.Key);
}

/// <summary>A connection that writes down what reaches it, and can be made to stop taking.</summary>
internal sealed class FakeConnection(Identity who, DeliveryOptions options, TimeProvider? time = null)
    : LiveConnection(who, new TestDialect(), options, time ?? TimeProvider.System, NullLogger.Instance)
{
    public FakeConnection(long userId, DeliveryOptions options, TimeProvider? time = null)
        : this(new Identity(userId, "", "", "", "", "", false, null, []), options, time)
    {
    }

    private readonly List<TestFrame> _taken = [];
    private readonly List<int> _writes = [];
    private volatile TaskCompletionSource? _stopped;
    private int _removals;

    public override OutFrame TooSlow { get; } = new TestFrame(0, "too slow");

    public IReadOnlyList<TestFrame> Taken
    {
        get
        {
            lock (_taken) return [.. _taken];
        }
    }

    public IReadOnlyList<long> Seqs => [.. Taken.Where(f => f.Seq > 0).Select(f => f.Seq)];

    public IReadOnlyList<string> Texts => [.. Taken.Select(f => f.Text)];

    /// <summary>Frames of each write.</summary>
    public IReadOnlyList<int> Writes
    {
        get
        {
            lock (_taken) return [.. _writes];
        }
    }

    /// <summary>How often it was told that it is out.</summary>
    public int Removals => Volatile.Read(ref _removals);

    public Exception? BrokenBy { get; private set; }

    /// <summary>Writes begin and do not end until <see cref="GoOn"/>.</summary>
    public void Stop() => _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        var stopped = _stopped;
        _stopped = null;
        stopped?.SetResult();
    }

    public void Break(Exception exception)
    {
        var stopped = _stopped;
        _stopped = null;
        stopped?.SetException(exception);
    }

    public Task UntilAsync(Func<FakeConnection, bool> fits, string what) => Deadline.UntilAsync(
        () => Task.FromResult(fits(this)), done => done, $"{what}; taken: {new StringBuilder().AppendJoin(' ', Taken.Select(f => $"{f.Seq}{f.Text}"))}");

    public override void Removed(long roomId)
    {
        Interlocked.Increment(ref _removals);
        Queue.Enqueue(new TestFrame(0, "removed"));
    }

    public override void Tell(UserEvent userEvent) => Queue.Enqueue(new TestFrame(0, IsRevokedBy(userEvent) ? "revoked" : userEvent.Kind.ToString()));

    public override void Close(int code, string reason) => Queue.EnqueueLast(new TestFrame(0, $"closed {code}"));

    public override void Abort() => throw new NotSupportedException();

    public override void Broken(Exception exception) => BrokenBy = exception;

    public override async ValueTask WriteAsync(IReadOnlyList<OutFrame> frames)
    {
        lock (_taken) _writes.Add(frames.Count);
        if (_stopped is { } stopped) await stopped.Task;
        lock (_taken) _taken.AddRange(frames.Cast<TestFrame>());
    }
}
