using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Limits;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>What people do to messages after they were sent, whichever door they come in by.</summary>
/// <remarks>
/// An action goes on when its connection ends: whether it was done must not depend on who waits for the answer. After a lost answer it is
/// asked for again. That is safe without any client id, because each action asks for a state ("this text", "deleted", "pinned"): if the lost
/// attempt was committed, the next one finds nothing left to do, and no second event is written.
/// Whoever orders two actions of one person waits for the first (<see cref="ActionLane"/>).
/// </remarks>
internal sealed partial class MessageActions(
    RoomChanges changes,
    ReadMarkers markers,
    RoomLog log,
    ICommittedEvents committed,
    IReadMarkerListener readers,
    PersonLimits limits,
    IOptions<MessageWriterOptions> options,
    TimeProvider time,
    ILogger<MessageActions> logger)
{
    private static readonly TimeSpan[] Backoff = [.. new[] { 20, 50, 100, 200, 500 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    private static readonly Refusals Editing = new("You can only edit your own messages", ErrorCode.Validation, "Cannot edit deleted message");
    private static readonly Refusals Deleting = new("You can only delete your own messages", ErrorCode.Validation, "Message already deleted");
    private static readonly Refusals Other = new("", ErrorCode.NotFound, "Message not found");

    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="messageId">A message of that room.</param>
    /// <param name="content">The new text, as it came in.</param>
    /// <param name="answer">Called once with what is returned, before anybody's stream is told, so that an answer enqueued there stands before the event.</param>
    public async Task<ActionOutcome> EditAsync(long roomId, long actorId, long messageId, string? content, Action<ActionOutcome>? answer = null)
    {
        if (MessageRules.Text(content, out var broken) is not { } text)
        {
            return Answered(ActionOutcome.Failed(null, ErrorCode.Validation, broken!.Rule, broken.Field), answer);
        }

        return await RunAsync(roomId, actorId, Editing, ct => changes.EditAsync(roomId, actorId, messageId, text, ct), answer).ConfigureAwait(false);
    }

    /// <remarks>What is deleted already is an error, as in the seed; see <see cref="ActionOutcome.OrDeletedBefore"/>.</remarks>
    public Task<ActionOutcome> DeleteAsync(long roomId, long actorId, long messageId, Action<ActionOutcome>? answer = null) =>
        RunAsync(roomId, actorId, Deleting, ct => changes.DeleteAsync(roomId, actorId, messageId, ct), answer);

    public Task<ActionOutcome> PinAsync(long roomId, long actorId, long messageId, bool pinned, Action<ActionOutcome>? answer = null) =>
        RunAsync(roomId, actorId, Other, ct => changes.PinAsync(roomId, actorId, messageId, pinned, ct), answer);

    /// <summary>Pins what is not pinned and the other way round, for clients that know no other way.</summary>
    /// <remarks>Which of the two is settled once, before the first attempt: turning over again after a lost answer would undo it.</remarks>
    public async Task<ActionOutcome> TogglePinAsync(long roomId, long actorId, long messageId, Action<ActionOutcome>? answer = null)
    {
        var (answered, pinned) = await AskAsync(roomId, ct => changes.IsPinnedAsync(messageId, ct)).ConfigureAwait(false);
        return answered ? await PinAsync(roomId, actorId, messageId, !pinned, answer).ConfigureAwait(false) : Answered(ActionOutcome.NotSaved, answer);
    }

    public async Task<ActionOutcome> ReactAsync(long roomId, long actorId, long messageId, string? emoji, bool present, Action<ActionOutcome>? answer = null) =>
        MessageRules.IsEmoji(emoji)
            ? await RunAsync(roomId, actorId, Other, ct => changes.ReactAsync(roomId, actorId, messageId, emoji, present, ct), answer).ConfigureAwait(false)
            : Answered(ActionOutcome.Failed(null, ErrorCode.Validation, $"emoji must be one emoji of at most {ChatLimits.EmojiMaxLength} characters", "emoji"), answer);

    public Task<ActionOutcome> LockAsync(long roomId, long actorId, bool locked, Action<ActionOutcome>? answer = null) =>
        RunAsync(roomId, actorId, Other, ct => changes.LockAsync(roomId, actorId, locked, ct), answer);

    /// <summary>As <see cref="TogglePinAsync"/>.</summary>
    public async Task<ActionOutcome> ToggleLockAsync(long roomId, long actorId, Action<ActionOutcome>? answer = null)
    {
        var (answered, locked) = await AskAsync(roomId, ct => changes.IsLockedAsync(roomId, ct)).ConfigureAwait(false);
        return answered ? await LockAsync(roomId, actorId, !locked, answer).ConfigureAwait(false) : Answered(ActionOutcome.NotSaved, answer);
    }

    /// <summary>They have read up to a seq.</summary>
    public Task<ReadOutcome> ReadAsync(long roomId, Identity reader, long? seq) => seq is >= 0
        ? ReadAsync(roomId, reader, ct => markers.MoveToAsync(roomId, reader.UserId, seq.Value, ct))
        : Task.FromResult(new ReadOutcome(0, ErrorCode.Validation, "seq must be 0 or more", "seq"));

    /// <summary>They have read up to a message of this room.</summary>
    public Task<ReadOutcome> ReadMessageAsync(long roomId, Identity reader, long messageId) =>
        ReadAsync(roomId, reader, ct => markers.MoveToMessageAsync(roomId, reader.UserId, messageId, ct));

    private async Task<ReadOutcome> ReadAsync(long roomId, Identity reader, Func<CancellationToken, Task<ReadResult>> move)
    {
        var (answered, result) = await AskAsync(roomId, move).ConfigureAwait(false);
        if (!answered) return new(0, ErrorCode.Save, "The read marker could not be saved", null);
        if (result is { Verdict: ReadVerdict.Moved, IsGeneral: false }) readers.Announce(roomId, reader, result.ReadSeq);
        return result.Verdict switch
        {
            ReadVerdict.NoAccess => new(0, ErrorCode.AccessDenied, "You are not a participant in this room", null, IsStranger: true),
            ReadVerdict.NotMember => new(0, ErrorCode.AccessDenied, "You are not a participant in this room", null),
            ReadVerdict.NotFound => new(0, ErrorCode.NotFound, "Message not found", "message_id"),
            _ => new(result.ReadSeq, null, null, null),
        };
    }

    private async Task<ActionOutcome> RunAsync(
        long roomId, long actorId, Refusals refusals, Func<CancellationToken, Task<ChangeResult>> change, Action<ActionOutcome>? answer)
    {
        if (!limits.TryTakeMessage(actorId, out var retryAfter))
        {
            return Answered(ActionOutcome.Failed(null, ErrorCode.RateLimited, limits.TooFast(retryAfter)) with { RetryAfter = retryAfter }, answer);
        }

        var attempts = 0;
        var (_, result) = await AskAsync(
            roomId,
            ct =>
            {
                attempts++;
                return change(ct);
            }).ConfigureAwait(false);
        if (result is null) return Answered(ActionOutcome.NotSaved, answer);

        // "deleted already" behind a lost answer is our own doing, or as good as that
        var again = attempts > 1;
        var done = result.Verdict is ChangeVerdict.Changed or ChangeVerdict.Unchanged || (again && refusals == Deleting && result.Verdict == ChangeVerdict.Deleted);
        var outcome = Answered(done ? new ActionOutcome(result.Verdict, result.Message, null, null, null) : refusals.Of(result.Verdict), answer);
        if (result.Verdict == ChangeVerdict.Changed) committed.Announce(result.Committed);
        else if (again && done) await AnnounceTailAsync(roomId, result.Head).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>A lost attempt may have been committed and told to nobody: the newest event of the log makes every feed read up to it.</summary>
    private async Task AnnounceTailAsync(long roomId, long head)
    {
        try
        {
            using var patience = new CancellationTokenSource(options.Value.Patience, time);
            if (await log.ReadAsync(roomId, head - 1, 1, readerId: null, patience.Token).ConfigureAwait(false) is [var last]) committed.Announce(new Committed([last], []));
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
        {
            MessageLog.TailNotRead(logger, roomId, e);
        }
    }

    /// <summary>Asks the database, a bounded number of times and within the writer's patience.</summary>
    private async Task<(bool Answered, T? Value)> AskAsync<T>(long roomId, Func<CancellationToken, Task<T>> ask)
    {
        using var patience = new CancellationTokenSource(options.Value.Patience, time);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (true, await ask(patience.Token).ConfigureAwait(false));
            }
            catch (Exception e) when (IsTransient(e) && attempt < Backoff.Length && !patience.IsCancellationRequested)
            {
                MessageLog.ActionRetried(logger, roomId, attempt, e);
            }
            catch (Exception e)
            {
                MessageLog.ActionFailed(logger, roomId, e);
                return (false, default);
            }

            await Task.Delay(Backoff[attempt], time).ConfigureAwait(false);
        }
    }

    private static bool IsTransient(Exception e) => e is NpgsqlException { IsTransient: true } or IOException or TimeoutException;

    private static ActionOutcome Answered(ActionOutcome outcome, Action<ActionOutcome>? answer)
    {
        answer?.Invoke(outcome);
        return outcome;
    }

    /// <summary>How an action words the refusals that differ from one to the other; the seed's words where it had some.</summary>
    private sealed record Refusals(string NotAuthor, string DeletedCode, string Deleted)
    {
        public ActionOutcome Of(ChangeVerdict verdict) => verdict switch
        {
            ChangeVerdict.NoAccess or ChangeVerdict.NotMember => ActionOutcome.Failed(verdict, ErrorCode.AccessDenied, "You are not a participant in this room"),
            ChangeVerdict.NotFound => ActionOutcome.Failed(verdict, ErrorCode.NotFound, "Message not found"),
            ChangeVerdict.Elsewhere => ActionOutcome.Failed(verdict, ErrorCode.AccessDenied, "Message does not belong to this room"),
            ChangeVerdict.NotAuthor => ActionOutcome.Failed(verdict, ErrorCode.AccessDenied, NotAuthor),
            ChangeVerdict.NotModerator => ActionOutcome.Failed(verdict, ErrorCode.AccessDenied, "Permission denied. Moderation rights required."),
            ChangeVerdict.Deleted => ActionOutcome.Failed(verdict, DeletedCode, Deleted),
            ChangeVerdict.ReadOnly => ActionOutcome.Failed(verdict, ErrorCode.ReadOnly, "This room is read-only"),
            ChangeVerdict.Muted => ActionOutcome.Failed(verdict, ErrorCode.Muted, "You are muted in this room"),
            ChangeVerdict.NoSuchMember => ActionOutcome.Failed(verdict, ErrorCode.NotFound, "No such member of this room", "user_id"),
            ChangeVerdict.Protected => ActionOutcome.Failed(verdict, ErrorCode.AccessDenied, "Who moderates this room cannot be muted in it", "user_id"),
            ChangeVerdict.Outdated => ActionOutcome.Failed(verdict, ErrorCode.Outdated, "Somebody else changed it meanwhile; read it again"),
            _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
        };
    }
}
