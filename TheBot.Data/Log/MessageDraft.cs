using System.IO.Hashing;
using System.Runtime.InteropServices;
using TheBot.Contracts;

namespace TheBot.Data.Log;

/// <summary>A message that somebody wants to say.</summary>
/// <param name="RoomId">Where.</param>
/// <param name="SenderId">Who.</param>
/// <param name="ClientId">Their name for this send, or one made by <see cref="NewServerMadeId"/>: never empty, so that every send can be found again.</param>
/// <param name="Content">The text, trimmed and within <see cref="ChatLimits.ContentMaxLength"/>.</param>
/// <param name="ReplyTo">The message it answers.</param>
public sealed record MessageDraft(long RoomId, long SenderId, string ClientId, string Content, long? ReplyTo)
{
    /// <summary>What <c>messages.body_hash</c> keeps of this draft: the same client id with another hash is a conflict.</summary>
    public long BodyHash { get; } = unchecked((long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(Content.AsSpan()), ReplyTo ?? 0));

    /// <summary>Client ids that the server made start with this; no client's id may.</summary>
    public const char ServerMade = '~';

    public static string NewServerMadeId() => string.Create(33, Guid.CreateVersion7(), static (text, id) =>
    {
        text[0] = ServerMade;
        id.TryFormat(text[1..], out _, "N");
    });
}

/// <summary>What an append does about rooms that another transaction holds.</summary>
public enum RoomLocks
{
    /// <summary>Takes those that are free; drafts of the others come back as <see cref="AppendVerdict.Held"/>.</summary>
    Free,

    /// <summary>Waits for them all, but not longer than a batch of another replica takes; then every draft comes back as <see cref="AppendVerdict.Held"/>.</summary>
    WaitBriefly,

    /// <summary>Waits.</summary>
    Wait,
}

/// <summary>What became of a draft.</summary>
public enum AppendVerdict
{
    /// <summary>Committed by this call, or by an earlier one under the same client id; the stored message comes with it.</summary>
    Stored,

    /// <summary>Somebody else holds the room's lock (or, with <see cref="RoomLocks.Free"/>, there is no such room); nothing was decided.</summary>
    Held,

    /// <summary>No such room, or none that they may see: the two are not told apart.</summary>
    NoAccess,

    /// <summary>They may look at the room (an administrator) and are not in it.</summary>
    NotMember,

    /// <summary>Muted by a moderator.</summary>
    Muted,

    /// <summary>The room is locked or its enrollment has ended.</summary>
    ReadOnly,

    /// <summary>Slow mode: too soon after their last message.</summary>
    SlowMode,

    /// <summary>The message it answers is not in this room or was deleted.</summary>
    ReplyNotFound,

    /// <summary>The client id was used for another text.</summary>
    Conflict,
}

/// <param name="Verdict">What became of the draft.</param>
/// <param name="Message">The stored message, where there is one.</param>
/// <param name="IsNew">Committed by this call (and not found from an earlier one).</param>
/// <param name="RetryAfter">Whole seconds after which the same draft may be accepted, for <see cref="AppendVerdict.SlowMode"/>; else 0.</param>
public readonly record struct AppendResult(AppendVerdict Verdict, ChatMessage? Message, bool IsNew, int RetryAfter = 0);
