using System.Text.Json.Serialization;

namespace TheBot.Contracts.V1;

/// <summary><c>data</c> of <see cref="V1Type.Auth"/>.</summary>
/// <param name="Token">What login gave.</param>
public sealed record V1Auth(string? Token);

/// <summary><c>data</c> of <see cref="V1Type.Subscribe"/>.</summary>
/// <param name="Since">The seq up to which the client has everything; null = it has nothing and wants the newest messages.</param>
public sealed record V1Subscribe([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Since = null);

/// <summary><c>data</c> of <see cref="V1Type.Send"/>.</summary>
/// <param name="ClientId">The sender's own name for this send: the same one again gets the stored message. 1 to <see cref="ChatLimits.ClientIdMaxLength"/> characters.</param>
/// <param name="Content">1 to <see cref="ChatLimits.ContentMaxLength"/> UTF-16 code units after trimming.</param>
/// <param name="ReplyTo">A message of the same room.</param>
public sealed record V1Send(string? ClientId, string? Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ReplyTo = null);

/// <summary><c>data</c> of <see cref="V1Type.Edit"/>.</summary>
/// <param name="MessageId">Which message.</param>
/// <param name="Content">The new text; as of a send.</param>
public sealed record V1Edit(long? MessageId, string? Content);

/// <summary><c>data</c> of <see cref="V1Type.Delete"/>.</summary>
/// <param name="MessageId">Which message.</param>
public sealed record V1Delete(long? MessageId);

/// <summary><c>data</c> of <see cref="V1Type.React"/>.</summary>
/// <param name="MessageId">On which message.</param>
/// <param name="Emoji">One emoji of at most <see cref="ChatLimits.EmojiMaxLength"/> UTF-16 code units.</param>
/// <param name="Present">False = take it away.</param>
public sealed record V1React(long? MessageId, string? Emoji, bool Present = true);

/// <summary><c>data</c> of <see cref="V1Type.Pin"/>.</summary>
/// <param name="MessageId">Which message.</param>
/// <param name="Pinned">False = take the pin away.</param>
public sealed record V1Pin(long? MessageId, bool Pinned = true);

/// <summary><c>data</c> of <see cref="V1Type.Lock"/>.</summary>
/// <param name="Locked">False = open it again.</param>
public sealed record V1Lock(bool Locked = true);

/// <summary><c>data</c> of <see cref="V1Type.Read"/>.</summary>
/// <param name="Seq">Up to where.</param>
public sealed record V1Read(long? Seq);

/// <summary><c>data</c> of a client's <see cref="V1Type.Typing"/>.</summary>
/// <param name="IsTyping">False = stopped.</param>
public sealed record V1TypingNow(bool IsTyping = true);

/// <summary><c>data</c> of a frame that has nothing to say beyond its type and room.</summary>
public sealed record V1Nothing
{
    /// <summary>The one there is.</summary>
    public static V1Nothing Instance { get; } = new();
}
