using System.Text.Json.Serialization;

namespace TheBot.Contracts.V1;

/// <summary><c>data</c> of <see cref="V1Type.Ready"/>.</summary>
/// <param name="User">Who the client is.</param>
/// <param name="Limits">What it has to keep to.</param>
public sealed record V1Ready(Person User, V1Limits Limits);

/// <summary>The limits of this server.</summary>
/// <param name="ContentMaxLength">UTF-16 code units of a message.</param>
/// <param name="FrameMaxBytes">Bytes of a client's frame.</param>
/// <param name="RoomsMax">Rooms that one connection may follow at the same time.</param>
/// <param name="HistoryOnSubscribe">Messages that come with <see cref="V1Type.Subscribed"/>.</param>
/// <param name="HeartbeatSeconds">Between two <see cref="V1Type.Heads"/>. A connection that is silent for well over twice as long is dead.</param>
/// <param name="MessagesPerSecond">Messages and changes of one person over all their connections, in the long run; 0 = no limit.</param>
/// <param name="MessagesBurst">So many of them at once after a quiet time.</param>
/// <param name="SocketsPerPerson">Connections of one person at the same time.</param>
public sealed record V1Limits(
    int ContentMaxLength,
    int FrameMaxBytes,
    int RoomsMax,
    int HistoryOnSubscribe,
    double HeartbeatSeconds,
    int MessagesPerSecond,
    int MessagesBurst,
    int SocketsPerPerson);

/// <summary><c>data</c> of <see cref="V1Type.Subscribed"/>.</summary>
/// <param name="Head">The length of the room's log at that moment; <paramref name="Messages"/> go up to it.</param>
/// <param name="From">The first event after this frame has the seq <c>From + 1</c>. Normally <c>since</c>, or the head without one.</param>
/// <param name="IsMember">May write; false = an administrator who looks.</param>
/// <param name="ReadSeq">The person has read up to here.</param>
/// <param name="Messages">The newest messages, oldest first; empty where the client said <c>since</c>.</param>
public sealed record V1Subscribed(long Head, long From, bool IsMember, long ReadSeq, IReadOnlyList<ChatMessage> Messages);

/// <summary><c>data</c> of <see cref="V1Type.Ack"/> and of the message events.</summary>
/// <param name="Message">The full message object.</param>
public sealed record V1Message(ChatMessage Message);

/// <summary><c>data</c> of <see cref="V1Type.MemberAdded"/> and <see cref="V1Type.MemberRemoved"/>.</summary>
/// <param name="User">Whom it is about.</param>
public sealed record V1Member(Person User);

/// <summary><c>data</c> of <see cref="V1Type.MemberMuted"/>.</summary>
/// <param name="User">Whom it is about.</param>
/// <param name="MutedUntil">When they may speak again (the year 9999 = when a moderator says so); null = now.</param>
public sealed record V1Muted(Person User, string? MutedUntil);

/// <summary><c>data</c> of <see cref="V1Type.RoomUpdated"/>: what the room is now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Writable">False = its enrollment has ended.</param>
/// <param name="Locked">True = a moderator has locked it.</param>
/// <param name="SlowModeSeconds">Seconds between two messages of one member; 0 = none.</param>
public sealed record V1Room(string? Name, string? Description, bool? Writable, bool? Locked = null, int? SlowModeSeconds = null);

/// <summary><c>data</c> of <see cref="V1Type.Done"/>.</summary>
/// <param name="Message">The message as it is now; after <see cref="V1Type.Edit"/>.</param>
/// <param name="ReadSeq">Where the person's marker stands; after <see cref="V1Type.Read"/>.</param>
public sealed record V1Done(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ChatMessage? Message = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ReadSeq = null);

/// <summary><c>data</c> of <see cref="V1Type.MessageDeleted"/>.</summary>
/// <param name="MessageId">Which message.</param>
/// <param name="DeletedBy">Who.</param>
/// <param name="DeletedByRole"><c>author</c> or <c>moderator</c>.</param>
public sealed record V1Deleted(long MessageId, long DeletedBy, string DeletedByRole);

/// <summary><c>data</c> of <see cref="V1Type.ReactionAdded"/> and <see cref="V1Type.ReactionRemoved"/>.</summary>
/// <param name="MessageId">On which message.</param>
/// <param name="UserId">Whose.</param>
/// <param name="Emoji">Which.</param>
public sealed record V1Reaction(long MessageId, long UserId, string Emoji);

/// <summary><c>data</c> of <see cref="V1Type.MessagePinned"/> and <see cref="V1Type.MessageUnpinned"/>.</summary>
/// <param name="MessageId">Which message.</param>
/// <param name="UserId">By whom.</param>
public sealed record V1Pinned(long MessageId, long UserId);

/// <summary><c>data</c> of <see cref="V1Type.ReadUpdated"/>.</summary>
/// <param name="User">Who.</param>
/// <param name="Seq">Has read up to here.</param>
public sealed record V1ReadUpdated(Person User, long Seq);

/// <summary><c>data</c> of a server's <see cref="V1Type.Typing"/>.</summary>
/// <param name="User">Who.</param>
/// <param name="IsTyping">False = stopped.</param>
public sealed record V1Typing(Person User, bool IsTyping);

/// <summary><c>data</c> of <see cref="V1Type.Presence"/>.</summary>
/// <param name="User">Who.</param>
/// <param name="Online">False = gone.</param>
public sealed record V1Presence(Person User, bool Online);

/// <summary><c>data</c> of <see cref="V1Type.GoingAway"/>.</summary>
/// <param name="RetryAfter">Seconds after which to come back; differs from connection to connection.</param>
public sealed record V1GoingAway(double RetryAfter);

/// <summary><c>data</c> of <see cref="V1Type.Unsubscribed"/>.</summary>
/// <param name="Reason">Null = the client asked for it; <see cref="Removed"/> = the person is no longer in the room.</param>
public sealed record V1Unsubscribed([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null)
{
    /// <summary>The person is no longer in the room.</summary>
    public const string Removed = "removed";
}

/// <summary><c>data</c> of <see cref="V1Type.Error"/>.</summary>
/// <param name="Code">One of <see cref="ErrorCode"/>.</param>
/// <param name="Message">For a developer to read; may change.</param>
/// <param name="Field">The member of <c>data</c> that is at fault.</param>
/// <param name="RetryAfter">Seconds after which the same frame may be sent again.</param>
public sealed record V1Error(
    string Code,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RetryAfter = null);
