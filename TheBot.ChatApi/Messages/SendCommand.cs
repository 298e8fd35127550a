using System.Diagnostics;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Messages;

/// <summary>A message on its way into the log, whichever door it came in by.</summary>
internal abstract class SendCommand(MessageDraft draft)
{
    public MessageDraft Draft { get; } = draft;

    /// <summary>When to stop trying (<see cref="MessageWriterOptions.Patience"/> after it was submitted); a timestamp of the time provider.</summary>
    internal long GiveUpAt { get; set; }

    /// <summary>An attempt ended without an answer: the message may be stored already, and nobody was told of it.</summary>
    internal bool IsInDoubt { get; set; }

    /// <summary>From being taken in until the answer; null where nobody traces.</summary>
    internal Activity? Trace { get; set; }

    /// <summary>
    /// Called once. For a stored message before anybody's stream is told of it, so that an answer enqueued here stands before the event.
    /// Must neither block nor throw.
    /// </summary>
    public abstract void Completed(SendOutcome outcome);
}

/// <summary>How a send ended: a stored message, or an error by its stable code.</summary>
/// <param name="Stored">What is stored, now or before, as an event: written as JSON once, for the answer and for everybody's stream.</param>
/// <param name="Message">The same, as an object.</param>
/// <param name="IsNew">Stored by this send.</param>
/// <param name="Error">A code of <see cref="ErrorCode"/>, or null.</param>
/// <param name="Explanation">For a person to read.</param>
/// <param name="IsStranger">The sender may not even know whether there is such a room.</param>
internal readonly record struct SendOutcome(RoomEvent? Stored, ChatMessage? Message, bool IsNew, string? Error, string? Explanation, bool IsStranger = false)
{
    /// <summary>After which time the same may succeed; null where nobody can tell.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static SendOutcome Of(AppendResult result) => result.Verdict switch
    {
        AppendVerdict.Stored => new(Created(result.Message!), result.Message, result.IsNew, null, null),
        AppendVerdict.NoAccess => Failed(ErrorCode.AccessDenied, "You are not a participant in this room") with { IsStranger = true },
        AppendVerdict.NotMember => Failed(ErrorCode.AccessDenied, "You are not a participant in this room"),
        AppendVerdict.SlowMode => Failed(ErrorCode.SlowMode, "Slow mode: wait before your next message") with { RetryAfter = TimeSpan.FromSeconds(result.RetryAfter) },
        AppendVerdict.Muted => Failed(ErrorCode.Muted, "You are muted in this room"),
        AppendVerdict.ReadOnly => Failed(ErrorCode.ReadOnly, "This room is read-only"),
        AppendVerdict.ReplyNotFound => Failed(ErrorCode.NotFound, "The message replied to is not in this room"),
        AppendVerdict.Conflict => Failed(ErrorCode.Conflict, "This client_id was already used for another message"),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result.Verdict, null),
    };

    public static SendOutcome Failed(string code, string explanation) => new(null, null, false, code, explanation);

    public static SendOutcome NotSaved { get; } = Failed(ErrorCode.Save, "The message could not be saved now; send it again with the same client_id");

    private static RoomEvent Created(ChatMessage message) => new(
        message.Room, message.Seq, RoomEventKind.MessageCreated, message.CreatedAt, message.Sender.Id, null, WireJson.Utf8(message));
}

/// <summary>A send that somebody awaits (REST, hub).</summary>
internal sealed class AwaitedSend(MessageDraft draft) : SendCommand(draft)
{
    private readonly TaskCompletionSource<SendOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<SendOutcome> Outcome => _done.Task;

    public override void Completed(SendOutcome outcome) => _done.TrySetResult(outcome);
}
