using TheBot.Contracts;

namespace TheBot.Client;

/// <summary>How far a message is on its way.</summary>
public enum OutgoingState
{
    /// <summary>In the outbox; it may be shown to its sender already.</summary>
    Pending,

    /// <summary>Stored.</summary>
    Sent,

    /// <summary>Refused for good.</summary>
    Failed,
}

/// <summary>A message of one's own, from the moment it was sent.</summary>
public sealed class OutgoingMessage
{
    private readonly TaskCompletionSource<ChatMessage> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal OutgoingMessage(long room, string content, string clientId, long? replyTo, DateTimeOffset at) =>
        (Room, Content, ClientId, ReplyTo, At) = (room, content, clientId, replyTo, at);

    /// <summary>Where.</summary>
    public long Room { get; }

    /// <summary>The text as it was given.</summary>
    public string Content { get; }

    /// <summary>The name of this send; the stored message carries the same, whereby it is found among the room's events.</summary>
    public string ClientId { get; }

    /// <summary>The message it answers.</summary>
    public long? ReplyTo { get; }

    /// <summary>When it was sent, by the client's clock.</summary>
    public DateTimeOffset At { get; }

    /// <summary>How far it is.</summary>
    public OutgoingState State => !_stored.Task.IsCompleted ? OutgoingState.Pending : _stored.Task.IsCompletedSuccessfully ? OutgoingState.Sent : OutgoingState.Failed;

    /// <summary>The stored message. Waits through any number of lost connections; fails with a <see cref="ChatException"/> once the message is refused.</summary>
    public Task<ChatMessage> Stored => _stored.Task;

    /// <summary>Why it failed: one of <see cref="ErrorCode"/> or <see cref="ChatException.ClientEnded"/>; null unless it failed.</summary>
    public string? FailedWith => (_stored.Task.Exception?.InnerException as ChatException)?.Code;

    internal void SetStored(ChatMessage message) => _stored.TrySetResult(message);

    internal void SetFailed(ChatException reason)
    {
        _stored.TrySetException(reason);
        _ = _stored.Task.Exception; // who only looks at State has seen it
    }
}
