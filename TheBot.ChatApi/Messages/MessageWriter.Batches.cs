using System.Diagnostics;
using Npgsql;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <content>Writing one batch until every sender has an answer.</content>
internal sealed partial class MessageWriter
{
    /// <summary>Writes until every command has its answer, but for those of held rooms, which it returns.</summary>
    private async Task<Dictionary<RoomQueue, List<SendCommand>>> WriteAsync(Batch batch, RoomLocks locks)
    {
        var commands = batch.Commands;
        for (var attempt = 0; ; attempt++)
        {
            AppendResult[]? results = null;
            try
            {
                using var patience = new CancellationTokenSource(TimeLeft(commands), time);
                using var commit = ChatTraces.StartCommit(commands.Select(c => c.Trace));
                var started = Stopwatch.GetTimestamp();
                results = await log.AppendAsync([.. commands.Select(c => c.Draft)], locks, patience.Token).ConfigureAwait(false);
                Measure(commands, commit, Stopwatch.GetElapsedTime(started));
            }
            catch (PostgresException e) when (IsPoison(e))
            {
                return await WriteSinglyAsync(batch, commands, locks, e).ConfigureAwait(false);
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

            // outside the try: what goes wrong while answering is not the batch's failure, which is stored
            if (results is not null) return Answer(batch, commands, results);
            commands = GiveUpLate(commands);
            if (commands.Count == 0) return [];
            Announce(batch); // what is stored does not wait with what is not
            await Task.Delay(Backoff[Math.Min(attempt, Backoff.Length - 1)], time).ConfigureAwait(false);
        }
    }

    /// <summary>Some draft cannot be stored: each is tried alone, in order, and the culprit fails alone. Returns those of held rooms.</summary>
    private async Task<Dictionary<RoomQueue, List<SendCommand>>> WriteSinglyAsync(Batch batch, List<SendCommand> commands, RoomLocks locks, PostgresException cause)
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
            else if ((await WriteAsync(batch with { Commands = [command] }, locks).ConfigureAwait(false)).Count > 0) held[room] = [command];
            Announce(batch);
        }

        return held;
    }

    /// <summary>The batch is committed: what fails here is nobody's message.</summary>
    private void Measure(List<SendCommand> commands, Activity? commit, TimeSpan took)
    {
        try
        {
            ChatMetrics.BatchWritten(commands.Count, took);
            if (commit is not null) ChatTraces.EndCommit(commit, [.. commands.Select(c => c.Trace)]);
        }
        catch (Exception e)
        {
            MessageLog.NotMeasured(logger, e);
        }
    }

    private static RoomQueue RoomOf(Batch batch, SendCommand command) => batch.Rooms.Find(room => room.RoomId == command.Draft.RoomId)!;

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

    /// <summary>Data exceptions and constraint violations: the content's fault, not the connection's.</summary>
    private static bool IsPoison(PostgresException e) => e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("23", StringComparison.Ordinal);
}
