namespace TheBot.Contracts;

/// <summary>What the hub (<c>/hubs/chat</c>) tells a client. The names of these methods are the wire's.</summary>
public interface IChatClient
{
    /// <summary>Somebody said something in a subscribed room. Once per message, in the order of seq.</summary>
    Task MessageCreated(ChatMessage message);

    /// <summary>Somebody is typing in a subscribed room; a hint, without promise.</summary>
    Task Typing(TypingHint hint);

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

/// <summary>The answer to <c>Subscribe</c>: what was said up to <paramref name="Head"/>. Everything after it comes as events.</summary>
/// <param name="Room">The room.</param>
/// <param name="Head">The seq up to which <paramref name="Messages"/> goes; events begin with the next one (or after <c>since</c>).</param>
/// <param name="Messages">The newest messages, oldest first, at most <see cref="ChatLimits.HistoryOnConnect"/>; empty after <c>since</c>.</param>
public sealed record SubscribeReply(long Room, long Head, IReadOnlyList<ChatMessage> Messages);

/// <summary>A message to be sent, by hub or REST.</summary>
/// <param name="Content">1 to <see cref="ChatLimits.ContentMaxLength"/> UTF-16 code units after trimming.</param>
/// <param name="ClientId">The sender's own name for this send: the same one again gets the stored message. 1 to <see cref="ChatLimits.ClientIdMaxLength"/> characters.</param>
/// <param name="ReplyTo">A message of the same room.</param>
public sealed record SendMessageRequest(string? Content, string? ClientId = null, long? ReplyTo = null);
