using System.ComponentModel.DataAnnotations;
using TheBot.Contracts.V1;

namespace TheBot.Contracts;

/// <summary>What the hub (<c>/hubs/chat</c>) tells a client. The names of these methods are the wire's.</summary>
public interface IChatClient
{
    /// <summary>The first word: who the client is and what it has to keep to.</summary>
    Task Ready(V1Ready ready);

    /// <summary>Somebody said something in a subscribed room. Once per message, in the order of seq.</summary>
    Task MessageCreated(ChatMessage message);

    /// <summary>The author of a message gave it another text.</summary>
    Task MessageUpdated(MessageUpdate update);

    /// <summary>A message was taken back for everybody.</summary>
    Task MessageDeleted(MessageDeletion deletion);

    /// <summary>Somebody put an emoji on a message.</summary>
    Task ReactionAdded(ReactionChange reaction);

    /// <summary>Somebody took their emoji away.</summary>
    Task ReactionRemoved(ReactionChange reaction);

    /// <summary>A message was pinned.</summary>
    Task MessagePinned(PinChange pin);

    /// <summary>A message is pinned no longer.</summary>
    Task MessageUnpinned(PinChange pin);

    /// <summary>A moderator of a subscribed room has muted somebody, or let them speak again.</summary>
    Task MemberMuted(MuteChange mute);

    /// <summary>Name, description or policy of a subscribed room changed.</summary>
    Task RoomUpdated(RoomChange room);

    /// <summary>A member has read on; a hint, without promise.</summary>
    Task ReadUpdated(ReadHint hint);

    /// <summary>Somebody is typing in a subscribed room; a hint, without promise.</summary>
    Task Typing(TypingHint hint);

    /// <summary>A person's first connection in a subscribed room has begun, or their last has ended; a hint, without promise.</summary>
    Task Presence(PresenceHint hint);

    /// <summary>The person is in a new room; subscribe to follow it.</summary>
    Task RoomAdded(long roomId);

    /// <summary>The person is no longer in a room; nothing of it comes after this.</summary>
    Task RoomRemoved(long roomId);

    /// <summary>Another device of the same person has a new draft; a hint, without promise.</summary>
    Task DraftChanged(long roomId, string text);

    /// <summary>The last word before the connection is closed: <see cref="CloseCode"/> and its reason.</summary>
    Task Closed(int code, string reason);
}

/// <summary>Who types, and where.</summary>
/// <param name="Room">The room.</param>
/// <param name="User">Who.</param>
/// <param name="IsTyping">False = stopped.</param>
public sealed record TypingHint(long Room, Person User, bool IsTyping);

/// <summary>Who came or went, and where.</summary>
/// <param name="Room">The room.</param>
/// <param name="User">Who.</param>
/// <param name="Online">False = went.</param>
public sealed record PresenceHint(long Room, Person User, bool Online);

/// <summary>The answer to <c>Subscribe</c>: what was said up to <paramref name="Head"/>. Everything after it comes as events.</summary>
/// <param name="Room">The room.</param>
/// <param name="Head">The seq up to which <paramref name="Messages"/> goes; events begin with the next one (or after <c>since</c>).</param>
/// <param name="Messages">The newest messages, oldest first, at most <see cref="ChatLimits.HistoryOnConnect"/>; empty after <c>since</c>.</param>
public sealed record SubscribeReply(long Room, long Head, IReadOnlyList<ChatMessage> Messages);

/// <summary>A message to be sent, by hub or REST.</summary>
/// <param name="Content">UTF-16 code units are counted after trimming.</param>
/// <param name="ClientId">The sender's own name for this send: the same one again gets the stored message.</param>
/// <param name="ReplyTo">A message of the same room.</param>
public sealed record SendMessageRequest(
    [property: Required, StringLength(ChatLimits.ContentMaxLength, MinimumLength = 1)] string? Content,
    [property: StringLength(ChatLimits.ClientIdMaxLength, MinimumLength = 1), RegularExpression(ChatLimits.ClientIdPattern)] string? ClientId = null,
    long? ReplyTo = null);

/// <summary>A message has another text.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log; the message keeps the seq of its own.</param>
/// <param name="Message">The message as it is now.</param>
public sealed record MessageUpdate(long Room, long Seq, ChatMessage Message);

/// <summary>A message was taken back.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log.</param>
/// <param name="MessageId">Which.</param>
/// <param name="DeletedBy">Who.</param>
/// <param name="DeletedByRole"><c>author</c> or <c>moderator</c>.</param>
public sealed record MessageDeletion(long Room, long Seq, long MessageId, long DeletedBy, string DeletedByRole);

/// <summary>An emoji came or went.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log.</param>
/// <param name="MessageId">On which message.</param>
/// <param name="UserId">Whose.</param>
/// <param name="Emoji">Which; one of its kind a person and message.</param>
public sealed record ReactionChange(long Room, long Seq, long MessageId, long UserId, string Emoji);

/// <summary>A pin came or went.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log.</param>
/// <param name="MessageId">On which message.</param>
/// <param name="UserId">By whom.</param>
public sealed record PinChange(long Room, long Seq, long MessageId, long UserId);

/// <summary>Somebody was muted, or may speak again.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log.</param>
/// <param name="UserId">By whom.</param>
/// <param name="User">Whom it is about.</param>
/// <param name="MutedUntil">When they may speak again (the year 9999 = when a moderator says so); null = now.</param>
public sealed record MuteChange(long Room, long Seq, long UserId, Person User, string? MutedUntil);

/// <summary>What a room is now.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The place of this change in the room's log.</param>
/// <param name="UserId">Who changed it; null = the school's roster.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Writable">False = its enrollment has ended.</param>
/// <param name="Locked">True = a moderator has locked it.</param>
/// <param name="SlowModeSeconds">Seconds between two messages of one member; 0 = none.</param>
public sealed record RoomChange(long Room, long Seq, long? UserId, string Name, string Description, bool Writable, bool Locked, int SlowModeSeconds);

/// <summary>How far a member has read.</summary>
/// <param name="Room">The room.</param>
/// <param name="User">Who.</param>
/// <param name="Seq">Up to where.</param>
public sealed record ReadHint(long Room, Person User, long Seq);
