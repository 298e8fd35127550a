using TheBot.ChatApi.Auth;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>How an action ended: done (now or before), or an error by its stable code.</summary>
/// <param name="Verdict">What the database said; null where it was not asked or did not answer.</param>
/// <param name="Message">The message as it is now, where the action was done to one that can still be read or was deleted by it.</param>
/// <param name="Error">A code of <see cref="ErrorCode"/>, or null.</param>
/// <param name="Explanation">For a person to read.</param>
/// <param name="Field">The field that breaks a rule, by its name on the wire, or null.</param>
internal readonly record struct ActionOutcome(ChangeVerdict? Verdict, ChatMessage? Message, string? Error, string? Explanation, string? Field)
{
    /// <summary>After which time the same may succeed; null where nobody can tell.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The asking person may not even know whether there is such a room.</summary>
    public bool IsStranger => Verdict == ChangeVerdict.NoAccess;

    public static ActionOutcome NotSaved { get; } = Failed(null, ErrorCode.Save, "Failed to save message");

    /// <summary>For doors where a deletion may be repeated: what was deleted before is what was asked for.</summary>
    public ActionOutcome OrDeletedBefore() => Verdict == ChangeVerdict.Deleted ? this with { Error = null, Explanation = null, Field = null } : this;

    public static ActionOutcome Failed(ChangeVerdict? verdict, string code, string explanation, string? field = null) => new(verdict, null, code, explanation, field);
}

/// <summary>Where somebody's read marker stands, or an error.</summary>
internal readonly record struct ReadOutcome(long ReadSeq, string? Error, string? Explanation, string? Field, bool IsStranger = false);

/// <summary>Told when a member has read on in a room whose members see that of each other; no line of the log, and lost where nobody listens.</summary>
internal interface IReadMarkerListener
{
    /// <summary>Does not block and does not throw.</summary>
    void Announce(long roomId, Identity reader, long seq);
}
