using TheBot.Contracts;

namespace TheBot.Data.Log;

/// <summary>What became of a change to a message or a room.</summary>
public enum ChangeVerdict
{
    /// <summary>Committed by this call, with an event.</summary>
    Changed,

    /// <summary>It was so already: nothing was written, nobody is told.</summary>
    Unchanged,

    /// <summary>No such room, or none that they may see: the two are not told apart.</summary>
    NoAccess,

    /// <summary>They may look at the room (an administrator) and are not in it.</summary>
    NotMember,

    /// <summary>No such message, or one from before they could see.</summary>
    NotFound,

    /// <summary>A message that they may see, of another room.</summary>
    Elsewhere,

    /// <summary>Somebody else's message.</summary>
    NotAuthor,

    /// <summary>Needs a moderator.</summary>
    NotModerator,

    /// <summary>The message is deleted already.</summary>
    Deleted,

    /// <summary>The room is locked or its enrollment has ended.</summary>
    ReadOnly,

    /// <summary>Muted by a moderator.</summary>
    Muted,

    /// <summary>The person whom it is about is not in the room.</summary>
    NoSuchMember,

    /// <summary>The person whom it is about moderates the room.</summary>
    Protected,

    /// <summary>Somebody else changed it since the asking person looked.</summary>
    Outdated,
}

/// <summary>How a change ended.</summary>
/// <param name="Verdict">Whether it was done.</param>
/// <param name="Message">The message as it is now, for <see cref="ChangeVerdict.Changed"/> and <see cref="ChangeVerdict.Unchanged"/>; null where it is about the room.</param>
/// <param name="Committed">What this call added to the log, to be announced by the caller.</param>
/// <param name="Head">The length of the room's log after it; 0 where there is no such room.</param>
public sealed record ChangeResult(ChangeVerdict Verdict, ChatMessage? Message, Committed Committed, long Head)
{
    internal static ChangeVerdict VerdictOf(string name) => name switch
    {
        "changed" => ChangeVerdict.Changed,
        "unchanged" => ChangeVerdict.Unchanged,
        "no_access" => ChangeVerdict.NoAccess,
        "not_member" => ChangeVerdict.NotMember,
        "not_found" => ChangeVerdict.NotFound,
        "elsewhere" => ChangeVerdict.Elsewhere,
        "not_author" => ChangeVerdict.NotAuthor,
        "not_moderator" => ChangeVerdict.NotModerator,
        "deleted" => ChangeVerdict.Deleted,
        "read_only" => ChangeVerdict.ReadOnly,
        "muted" => ChangeVerdict.Muted,
        "no_such_member" => ChangeVerdict.NoSuchMember,
        "protected" => ChangeVerdict.Protected,
        "outdated" => ChangeVerdict.Outdated,
        _ => throw new InvalidOperationException($"unknown verdict {name}"),
    };
}
