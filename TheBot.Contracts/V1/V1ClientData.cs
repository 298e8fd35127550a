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

/// <summary><c>data</c> of a client's <see cref="V1Type.Typing"/>.</summary>
/// <param name="IsTyping">False = stopped.</param>
public sealed record V1TypingNow(bool IsTyping = true);

/// <summary><c>data</c> of a frame that has nothing to say beyond its type and room.</summary>
public sealed record V1Nothing
{
    /// <summary>The one there is.</summary>
    public static V1Nothing Instance { get; } = new();
}
