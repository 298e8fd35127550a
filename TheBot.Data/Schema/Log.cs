namespace TheBot.Data.Schema;

/// <summary>One line of a room's log: the order of everything that happened there.</summary>
/// <remarks>
/// (room_id, seq) without gaps, seq in commit order: both because every append happens under the room's row lock.
/// A message's text is not here but in <see cref="Message"/>: a log read shows it as it is now, so that a deleted text is gone.
/// </remarks>
public sealed class LogEntry
{
    public long RoomId { get; set; }
    public long Seq { get; set; }
    public RoomEventKind Kind { get; set; }
    public long? MessageId { get; set; }

    /// <summary>Who did it; null = the school's roster.</summary>
    public long? ActorId { get; set; }

    /// <summary>Whom it concerns (member events).</summary>
    public long? SubjectId { get; set; }

    /// <summary>What the event says beyond that, as the wire has it.</summary>
    public string? Data { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>What a line of a room's log says. Stored by number: a number is never given to another meaning.</summary>
public enum RoomEventKind : short
{
    MessageCreated = 1,
    MessageUpdated = 2,
    MessageDeleted = 3,
    ReactionAdded = 4,
    ReactionRemoved = 5,
    MessagePinned = 6,
    MessageUnpinned = 7,
    MemberAdded = 10,
    MemberRemoved = 11,
    MemberMuted = 12,
    RoomUpdated = 20,
}

public static class RoomEventKinds
{
    /// <summary>Whether such an event is about a message, which its line of the log names.</summary>
    public static bool IsAboutMessage(this RoomEventKind kind) => kind is >= RoomEventKind.MessageCreated and <= RoomEventKind.MessageUnpinned;
}

/// <summary>What a person wrote. Its id is the integer of the wire and rises with seq within a room.</summary>
public sealed class Message
{
    public long Id { get; set; }
    public long RoomId { get; set; }

    /// <summary>The seq of the event that created it.</summary>
    public long Seq { get; set; }

    public long SenderId { get; set; }

    /// <summary>The sender's name for this send, unique per room and sender for ever; made by the server (leading <c>~</c>) where the client gave none.</summary>
    public required string ClientId { get; set; }

    /// <summary>XxHash3 of what was sent first: the same client id with another body is a conflict, also after edits.</summary>
    public long BodyHash { get; set; }

    public required string Content { get; set; }
    public string Type { get; set; } = "text";
    public long? ReplyTo { get; set; }

    /// <summary>A <see cref="MessageThread"/> of the replaced system, or null.</summary>
    public long? ThreadId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? EditedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }
    public long? DeletedBy { get; set; }
}

/// <summary>What a message said before an edit.</summary>
public sealed class MessageEdit
{
    public long MessageId { get; set; }

    /// <summary>The seq of the edit that replaced this text.</summary>
    public long Seq { get; set; }

    public required string Content { get; set; }
    public DateTimeOffset EditedAt { get; set; }
}

public sealed class Reaction
{
    public long MessageId { get; set; }
    public long UserId { get; set; }
    public required string Emoji { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

public sealed class Pin
{
    public long MessageId { get; set; }
    public long RoomId { get; set; }
    public long PinnedBy { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>One line of a person's log: what reaches all their connections whatever room is open.</summary>
/// <remarks>seq without gaps under the lock of the person's <see cref="UserHead"/>, the last lock that a transaction takes.</remarks>
public sealed class UserLogEntry
{
    public long UserId { get; set; }
    public long Seq { get; set; }
    public UserEventKind Kind { get; set; }
    public long? RoomId { get; set; }

    /// <summary>Revocation of one token: its hash; null = every token of the person.</summary>
    public byte[]? TokenHash { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>What a line of a person's log says. Stored by number: a number is never given to another meaning.</summary>
public enum UserEventKind : short
{
    RoomAdded = 1,
    RoomRemoved = 2,
    Revoked = 3,
}

/// <summary>The length of a person's log, and its lock.</summary>
public sealed class UserHead
{
    public long UserId { get; set; }
    public long HeadSeq { get; set; }
}
