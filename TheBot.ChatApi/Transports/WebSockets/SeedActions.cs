using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What a client of the seed's dialect does to messages of its room, in the order of its frames.</summary>
internal sealed class SeedActions(LiveConnection connection, long roomId, MessageActions actions)
{
    private readonly ActionLane _lane = new();

    /// <summary>Takes a frame on; false = it asks for something else.</summary>
    public bool TryDo(SeedInbound frame)
    {
        Func<Task>? action = frame.Kind switch
        {
            SeedFrameKind.Edit => frame.MessageId is { } id ? () => EditAsync(id, frame.Content) : Missing,
            SeedFrameKind.Delete => frame.MessageId is { } id ? () => DeleteAsync(id) : Missing,
            SeedFrameKind.Pin => frame.MessageId is { } id ? () => actions.TogglePinAsync(roomId, connection.UserId, id.Value, Answer(null)) : Missing,
            SeedFrameKind.Lock => () => actions.ToggleLockAsync(roomId, connection.UserId, Answer(null)),
            // as in the seed, nothing is said to this: a client marks what it sees, message by message, and waits for no answer
            SeedFrameKind.Read => frame.MessageId is { } id ? () => actions.ReadMessageAsync(roomId, connection.Who, id.Value) : Nothing,
            _ => null,
        };
        if (action is null) return false;
        if (connection.TryOwe() && !_lane.TryRun(connection.Settling(action)))
        {
            connection.Queue.Enqueue(SeedDialect.Error(ErrorCode.RateLimited, "Too many changes at once", retryAfter: 1));
            connection.Settle();
        }

        return true;
    }

    private Task EditAsync(SeedMessageId id, string? content) =>
        actions.EditAsync(roomId, connection.UserId, id.Value, content, Answer(() => SeedChangeFrames.EditConfirmed(id)));

    private Task DeleteAsync(SeedMessageId id) =>
        actions.DeleteAsync(roomId, connection.UserId, id.Value, Answer(() => SeedChangeFrames.DeleteConfirmed(id)));

    private Task Missing()
    {
        connection.Queue.Enqueue(SeedDialect.Error(ErrorCode.Validation, "Message ID required", "message_id"));
        return Task.CompletedTask;
    }

    private static Task Nothing() => Task.CompletedTask;

    /// <summary>An error, or the confirmation where the action has one.</summary>
    private Action<ActionOutcome> Answer(Func<RawFrame>? confirmation) => outcome =>
    {
        if (outcome.Error is { } code) connection.Queue.Enqueue(SeedDialect.Error(code, outcome.Explanation!, outcome.Field, retryAfter: PersonLimits.Seconds(outcome.RetryAfter)));
        else if (confirmation is not null) connection.Queue.Enqueue(confirmation());
    };
}
