using TheBot.Contracts;

namespace TheBot.Client;

/// <summary>Something that was asked for was not done, and asking again in the same way will not help.</summary>
public sealed class ChatException(string code, string message, string? field = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The <see cref="Code"/> of everything that was open when the client ended.</summary>
    public const string ClientEnded = "client_ended";

    /// <summary>One of <see cref="ErrorCode"/>, or <see cref="ClientEnded"/>. Never changes its meaning.</summary>
    public string Code { get; } = code;

    /// <summary>The field that broke a rule, where one did.</summary>
    public string? Field { get; } = field;
}

/// <summary>There is no connection, or none any more. The client makes a new one, unless <see cref="IsFinal"/>.</summary>
public sealed class ChatConnectionException : Exception
{
    /// <summary>A connection that ended, or did not come about.</summary>
    /// <param name="message">For a developer to read.</param>
    /// <param name="code">The close code that the server gave, if it gave one.</param>
    /// <param name="retryAfter">How long the server wants to be left alone, if it said so.</param>
    /// <param name="cause">What the transport reported.</param>
    public ChatConnectionException(string message, int? code = null, TimeSpan? retryAfter = null, Exception? cause = null)
        : base(message, cause) => (Code, RetryAfter) = (code, retryAfter);

    /// <summary>The WebSocket close code (<see cref="CloseCode"/>), or null where the connection just broke.</summary>
    public int? Code { get; }

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Coming back would end in the same way: 4001, 4002, 4500 to 4999.</summary>
    public bool IsFinal => Code is { } code && CloseCode.IsFinal(code);
}
