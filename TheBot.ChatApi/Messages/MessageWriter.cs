using Microsoft.Extensions.Options;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>Where every door meets: takes messages in, commits them in groups, answers the senders, tells Delivery.</summary>
/// <remarks>
/// Group commit without a timer: while a batch commits the next one gathers, so that an idle server adds no delay and a busy one
/// shares its flushes; while a batch is announced the next one commits. A room's messages are stored in the order of <see cref="Submit"/>; a room is in one
/// batch at a time, and one that somebody else holds waits by itself (<see cref="HoldAsync"/>).
/// A lost connection leaves open whether a batch was committed; it is written again under the same client ids, which finds what is stored.
/// </remarks>
internal sealed partial class MessageWriter(
    RoomLog log,
    ICommittedEvents committed,
    PersonLimits limits,
    IOptions<MessageWriterOptions> options,
    TimeProvider time,
    ILogger<MessageWriter> logger) : IHostedService
{
    private static readonly TimeSpan[] Backoff = [.. new[] { 20, 50, 100, 200, 500, 1000 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    /// <summary>After a room was another replica's for a moment, how long it is taken to be so again.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, RoomQueue> _rooms = [];
    private readonly Queue<RoomQueue> _ready = new();
    private readonly SemaphoreSlim _contending = new(options.Value.Batches);
    private readonly SemaphoreSlim _holding = new(options.Value.HeldRooms);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MessageWriterOptions _options = options.Value;
    private long _sharedUntil = long.MinValue;
    private int _running;
    private int _waiting;
    private bool _stopping;

    /// <summary>Takes a message in. Its <see cref="SendCommand.Completed"/> is called in any case, perhaps before this returns.</summary>
    public void Submit(SendCommand command)
    {
        command.Trace = ChatTraces.StartSend(command.Draft.RoomId);

        // here, because every door leads here
        if (!limits.TryTakeMessage(command.Draft.SenderId, out var retryAfter))
        {
            Tell(command, SendOutcome.Failed(ErrorCode.RateLimited, limits.TooFast(retryAfter)) with { RetryAfter = retryAfter });
            return;
        }

        command.GiveUpAt = time.GetTimestamp() + (long)(_options.Patience.TotalSeconds * time.TimestampFrequency);
        lock (_gate)
        {
            if (_waiting < _options.Waiting)
            {
                _waiting++;
                if (!_rooms.TryGetValue(command.Draft.RoomId, out var room)) _rooms.Add(command.Draft.RoomId, room = new RoomQueue(command.Draft.RoomId));
                room.Waiting.Enqueue(command);
                if (room.Waiting.Count == 1 && !room.InFlight) _ready.Enqueue(room);
                if (_running == _options.Batches || _ready.Count == 0) return;
                _running++;
                // not on the caller's thread, which has frames to read; what arrives until then shares the batch
                ThreadPool.UnsafeQueueUserWorkItem(static writer => _ = writer.RunAsync(), this, preferLocal: false);
                return;
            }
        }

        Tell(command, SendOutcome.NotSaved);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits until everything taken in has been answered, or until the host's patience ends.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopping = true;
            if (_waiting == 0) return;
        }

        var inTime = _drained.Task.WaitAsync(cancellationToken);
        await inTime.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!inTime.IsCompletedSuccessfully) MessageLog.StoppedUnanswered(logger, Volatile.Read(ref _waiting));
    }

    private async Task RunAsync()
    {
        var announcing = Task.CompletedTask;
        var batch = NextBatch();
        while (batch is not null)
        {
            var written = batch;
            var held = await WriteAsync(written).ConfigureAwait(false);
            foreach (var room in written.Rooms)
            {
                if (!held.ContainsKey(room)) Release(room);
            }

            if (held.Count > 0) _ = ContendAsync(held);

            // no further behind than one batch: what is stored and not announced for long, the sweep would find first
            await announcing.ConfigureAwait(false);
            batch = NextBatch();
            // beside the next commit; where there is none, here: to wake another thread would take longer
            if (batch is null) Announce(written);
            else announcing = Task.Run(() => Announce(written));
        }
    }

    /// <summary>
    /// While replicas write to the same rooms, they do so in turns: a batch waits at once for the other's. To pass by what the other holds and to come back for
    /// it takes twice the commits, each with half the messages (50 rooms, two replicas: a fifth less throughput, twice the processor time of Postgres).
    /// </summary>
    private async Task<Dictionary<RoomQueue, List<SendCommand>>> WriteAsync(Batch batch)
    {
        if (time.GetTimestamp() >= Volatile.Read(ref _sharedUntil)) return await WriteAsync(batch, RoomLocks.Free).ConfigureAwait(false);

        var held = await WriteAsync(batch, RoomLocks.WaitBriefly).ConfigureAwait(false);
        if (held.Count == 0) return held;
        // somebody holds a room for longer, and not all of the batch is to wait for that
        Volatile.Write(ref _sharedUntil, long.MinValue);
        return await WriteAsync(batch with { Commands = [.. held.Values.SelectMany(commands => commands)] }, RoomLocks.Free).ConfigureAwait(false);
    }

    /// <summary>
    /// Rooms that somebody else has locked. As a rule that is another replica's batch, over in milliseconds, so they first wait for it
    /// together and share one more commit.
    /// </summary>
    private async Task ContendAsync(Dictionary<RoomQueue, List<SendCommand>> rooms)
    {
        var batch = new Batch([.. rooms.Keys], [.. rooms.Values.SelectMany(commands => commands)]);
        await _contending.WaitAsync().ConfigureAwait(false);
        Dictionary<RoomQueue, List<SendCommand>> held;
        try
        {
            held = await WriteAsync(batch, RoomLocks.WaitBriefly).ConfigureAwait(false);
        }
        finally
        {
            _contending.Release();
        }

        if (held.Count < rooms.Count) Volatile.Write(ref _sharedUntil, time.GetTimestamp() + (long)(SharedFor.TotalSeconds * time.TimestampFrequency));
        foreach (var (room, _) in rooms)
        {
            if (held.TryGetValue(room, out var commands)) _ = HoldAsync(room, commands);
            else Release(room);
        }

        Announce(batch);
    }

    /// <summary>A room that somebody else keeps: its messages wait for that lock alone, and those that came after them wait behind.</summary>
    private async Task HoldAsync(RoomQueue room, List<SendCommand> commands)
    {
        var batch = new Batch([room], commands);
        await _holding.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(batch, RoomLocks.Wait).ConfigureAwait(false);
        }
        finally
        {
            _holding.Release();
            Release(room);
        }

        Announce(batch);
    }

    private Batch? NextBatch()
    {
        lock (_gate)
        {
            if (_ready.Count == 0)
            {
                _running--;
                return null;
            }

            var batch = new Batch([], []);
            while (batch.Commands.Count < _options.BatchSize && _ready.TryDequeue(out var room))
            {
                room.InFlight = true;
                batch.Rooms.Add(room);
                while (batch.Commands.Count < _options.BatchSize && room.Waiting.TryDequeue(out var command)) batch.Commands.Add(command);
            }

            return batch;
        }
    }

    private void Release(RoomQueue room)
    {
        lock (_gate)
        {
            room.InFlight = false;
            if (room.Waiting.TryPeek(out var next))
            {
                _ready.Enqueue(room);
                if (_running == _options.Batches) return;
                _running++;
                ThreadPool.UnsafeQueueUserWorkItem(static writer => _ = writer.RunAsync(), this, preferLocal: false);
            }
            else
            {
                _rooms.Remove(room.RoomId);
            }
        }
    }

    private void Done(int commands)
    {
        lock (_gate)
        {
            _waiting -= commands;
            if (_waiting == 0 && _stopping) _drained.TrySetResult();
        }
    }

    private sealed class RoomQueue(long roomId)
    {
        public long RoomId { get; } = roomId;
        public Queue<SendCommand> Waiting { get; } = new();
        public bool InFlight { get; set; }
    }

    private sealed record Batch(List<RoomQueue> Rooms, List<SendCommand> Commands)
    {
        /// <summary>Not announced yet. A part of the batch that is written by itself has the same list.</summary>
        public List<(SendCommand Command, SendOutcome Outcome)> Answered { get; } = [];
    }
}
