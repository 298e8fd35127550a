using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Messages;

/// <summary>Where every door meets: takes messages in, commits them in groups, answers the senders, tells Delivery.</summary>
/// <remarks>
/// Group commit without a timer: while a batch commits the next one gathers, so that an idle server adds no delay and a busy one
/// shares its flushes. A room's messages are stored in the order of <see cref="Submit"/>; a room is in one batch at a time, and one that
/// somebody else holds waits by itself (<see cref="HoldAsync"/>).
/// A lost connection leaves open whether a batch was committed; it is written again under the same client ids, which finds what is stored.
/// </remarks>
internal sealed class MessageWriter(
    RoomLog log,
    ICommittedEvents committed,
    PersonLimits limits,
    IOptions<MessageWriterOptions> options,
    TimeProvider time,
    ILogger<MessageWriter> logger) : IHostedService
{
    private static readonly TimeSpan[] Backoff = [.. new[] { 20, 50, 100, 200, 500, 1000 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    private readonly Lock _gate = new();
    private readonly Dictionary<long, RoomQueue> _rooms = [];
    private readonly Queue<RoomQueue> _ready = new();
    private readonly SemaphoreSlim _holding = new(options.Value.HeldRooms);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MessageWriterOptions _options = options.Value;
    private int _running;
    private int _waiting;
    private bool _stopping;

    /// <summary>Takes a message in. Its <see cref="SendCommand.Completed"/> is called in any case, perhaps before this returns.</summary>
    public void Submit(SendCommand command)
    {
        // here, because every door leads here
        if (!limits.TryTakeMessage(command.Draft.SenderId, out var retryAfter))
        {
            command.Completed(SendOutcome.Failed(ErrorCode.RateLimited, limits.TooFast(retryAfter)) with { RetryAfter = retryAfter });
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

        command.Completed(SendOutcome.NotSaved);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits until everything taken in has been answered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopping = true;
            if (_waiting == 0) return;
        }

        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (NextBatch() is { } batch)
        {
            var held = await WriteAsync(batch, waitForLocks: false).ConfigureAwait(false);
            foreach (var room in batch.Rooms)
            {
                if (held.TryGetValue(room, out var commands)) _ = HoldAsync(room, commands);
                else Release(room);
            }
        }
    }

    /// <summary>A room that somebody else has locked: its messages wait for that lock alone, and those that came after them wait behind.</summary>
    private async Task HoldAsync(RoomQueue room, List<SendCommand> commands)
    {
        await _holding.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(new Batch([room], commands), waitForLocks: true).ConfigureAwait(false);
        }
        finally
        {
            _holding.Release();
            Release(room);
        }
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

    /// <summary>Writes until every command has its answer, but for those of held rooms, which it returns.</summary>
    private async Task<Dictionary<RoomQueue, List<SendCommand>>> WriteAsync(Batch batch, bool waitForLocks)
    {
        var commands = batch.Commands;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var left = TimeLeft(commands);
                using var patience = new CancellationTokenSource(left, time);
                var started = Stopwatch.GetTimestamp();
                var results = await log.AppendAsync([.. commands.Select(c => c.Draft)], waitForLocks, patience.Token).ConfigureAwait(false);
                ChatMetrics.BatchWritten(commands.Count, Stopwatch.GetElapsedTime(started));
                return Answer(batch, commands, results, waitForLocks);
            }
            catch (PostgresException e) when (IsPoison(e))
            {
                return await WriteSinglyAsync(batch, commands, waitForLocks, e).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                MessageLog.BatchRetried(logger, commands.Count, attempt, e);
                foreach (var command in commands) command.IsInDoubt = true;
            }
            catch (Exception e)
            {
                MessageLog.BatchFailed(logger, commands.Count, e);
                Fail(commands);
                return [];
            }

            commands = GiveUpLate(commands);
            if (commands.Count == 0) return [];
            await Task.Delay(Backoff[Math.Min(attempt, Backoff.Length - 1)], time).ConfigureAwait(false);
        }
    }

    /// <summary>Some draft cannot be stored: each is tried alone, in order, and the culprit fails alone. Returns those of held rooms.</summary>
    private async Task<Dictionary<RoomQueue, List<SendCommand>>> WriteSinglyAsync(Batch batch, List<SendCommand> commands, bool waitForLocks, PostgresException cause)
    {
        if (commands.Count == 1)
        {
            MessageLog.DraftRefused(logger, cause.SqlState, commands[0].Draft.RoomId);
            Complete(commands[0], SendOutcome.Failed(ErrorCode.Validation, "The message cannot be stored"));
            return [];
        }

        var held = new Dictionary<RoomQueue, List<SendCommand>>();
        foreach (var command in commands)
        {
            // once one of a room waits, those after it must wait behind it
            if (RoomOf(batch, command) is var room && held.TryGetValue(room, out var waiting)) waiting.Add(command);
            else if ((await WriteAsync(batch with { Commands = [command] }, waitForLocks).ConfigureAwait(false)).Count > 0) held[room] = [command];
        }

        return held;
    }

    private Dictionary<RoomQueue, List<SendCommand>> Answer(Batch batch, List<SendCommand> commands, AppendResult[] results, bool waitedForLocks)
    {
        var events = new List<RoomEvent>(commands.Count);
        var held = new Dictionary<RoomQueue, List<SendCommand>>();
        var answered = 0;
        for (var i = 0; i < commands.Count; i++)
        {
            var result = results[i];
            if (result.Verdict == AppendVerdict.Held && !waitedForLocks)
            {
                var room = RoomOf(batch, commands[i]);
                if (!held.TryGetValue(room, out var waiting)) held[room] = waiting = [];
                waiting.Add(commands[i]);
                continue;
            }

            commands[i].Completed(SendOutcome.Of(result));
            answered++;
            // a message found after an attempt without an answer may be one of which that attempt never got as far as telling anybody
            if (result.Message is { } message && (result.IsNew || commands[i].IsInDoubt)) events.Add(Created(message));
        }

        if (events.Count > 0) committed.Announce(new Committed(events, []));
        // only now: a process that stops must not end between an answer and its announcement
        Done(answered);
        return held;
    }

    private static RoomQueue RoomOf(Batch batch, SendCommand command) => batch.Rooms.Find(room => room.RoomId == command.Draft.RoomId)!;

    private static RoomEvent Created(ChatMessage message) => new(
        message.Room, message.Seq, RoomEventKind.MessageCreated, message.CreatedAt, message.Sender.Id, null, WireJson.Utf8(message));

    private TimeSpan TimeLeft(List<SendCommand> commands)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), commands.Max(c => c.GiveUpAt));
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    private List<SendCommand> GiveUpLate(List<SendCommand> commands)
    {
        var now = time.GetTimestamp();
        var late = commands.FindAll(c => c.GiveUpAt <= now);
        Fail(late);
        return late.Count == 0 ? commands : commands.FindAll(c => c.GiveUpAt > now);
    }

    private void Fail(List<SendCommand> commands)
    {
        foreach (var command in commands) Complete(command, SendOutcome.NotSaved);
    }

    private void Complete(SendCommand command, SendOutcome outcome)
    {
        command.Completed(outcome);
        Done(1);
    }

    private void Done(int commands)
    {
        lock (_gate)
        {
            _waiting -= commands;
            if (_waiting == 0 && _stopping) _drained.TrySetResult();
        }
    }

    /// <summary>Data exceptions and constraint violations: the content's fault, not the connection's.</summary>
    private static bool IsPoison(PostgresException e) => e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("23", StringComparison.Ordinal);

    private sealed class RoomQueue(long roomId)
    {
        public long RoomId { get; } = roomId;
        public Queue<SendCommand> Waiting { get; } = new();
        public bool InFlight { get; set; }
    }

    private sealed record Batch(List<RoomQueue> Rooms, List<SendCommand> Commands);
}
