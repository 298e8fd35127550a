using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What a v1 client does to messages, in the order of its frames within a room; a room that is held keeps up no other.</summary>
/// <remarks>A frame with an id is answered with <c>done</c> or <c>error</c>, before the event; one without only where it fails.</remarks>
internal sealed class V1Actions(V1Connection connection, MessageActions actions)
{
    /// <summary>Rooms in which this connection has actions under way.</summary>
    private const int LanesMax = 64;

    private readonly Dictionary<long, ActionLane> _lanes = [];

    /// <summary>Whether a type is one of these, which all need a room.</summary>
    public static bool Knows(string? type) => type is V1Type.Edit or V1Type.Delete or V1Type.React or V1Type.Pin or V1Type.Lock or V1Type.Read;

    /// <summary>Takes a frame on; false = it asks for something else.</summary>
    /// <exception cref="System.Text.Json.JsonException">A member of its data has another type.</exception>
    public bool TryDo(string? type, V1Frame frame, long room)
    {
        switch (type)
        {
            case V1Type.Edit:
                var edit = frame.DataAs(V1Json.Wire.V1Edit);
                RunOn(frame.Id, room, edit.MessageId, (message, answer) => actions.EditAsync(room, connection.UserId, message, edit.Content, answer), withMessage: true);
                return true;
            case V1Type.Delete:
                RunOn(frame.Id, room, frame.DataAs(V1Json.Wire.V1Delete).MessageId, (message, answer) =>
                    actions.DeleteAsync(room, connection.UserId, message, outcome => answer(outcome.OrDeletedBefore())));
                return true;
            case V1Type.React:
                var react = frame.DataAs(V1Json.Wire.V1React);
                RunOn(frame.Id, room, react.MessageId, (message, answer) => actions.ReactAsync(room, connection.UserId, message, react.Emoji, react.Present, answer));
                return true;
            case V1Type.Pin:
                var pin = frame.DataAs(V1Json.Wire.V1Pin);
                RunOn(frame.Id, room, pin.MessageId, (message, answer) => actions.PinAsync(room, connection.UserId, message, pin.Pinned, answer));
                return true;
            case V1Type.Lock:
                var locked = frame.DataAs(V1Json.Wire.V1Lock).Locked;
                Run(frame.Id, room, () => actions.LockAsync(room, connection.UserId, locked, Answer(frame.Id, room, withMessage: false)));
                return true;
            case V1Type.Read:
                var seq = frame.DataAs(V1Json.Wire.V1Read).Seq;
                Run(frame.Id, room, () => ReadAsync(frame.Id, room, seq));
                return true;
            default:
                return false;
        }
    }

    private void RunOn(string? id, long room, long? messageId, Func<long, Action<ActionOutcome>, Task> action, bool withMessage = false)
    {
        if (messageId is { } message) Run(id, room, () => action(message, Answer(id, room, withMessage)));
        else connection.Error(id, room, new V1Error(ErrorCode.Validation, "required", "message_id"));
    }

    private void Run(string? id, long room, Func<Task> action)
    {
        if (!_lanes.TryGetValue(room, out var lane))
        {
            if (_lanes.Count == LanesMax)
            {
                foreach (var idle in _lanes.Where(l => l.Value.IsIdle).Select(l => l.Key).ToList()) _lanes.Remove(idle);
            }

            if (_lanes.Count < LanesMax) _lanes[room] = lane = new ActionLane();
        }

        if (!connection.TryOwe()) return;
        if (lane?.TryRun(connection.Settling(action)) == true) return;
        connection.Error(id, room, new V1Error(ErrorCode.RateLimited, "too many changes at once", RetryAfter: 1));
        connection.Settle();
    }

    private async Task ReadAsync(string? id, long room, long? seq)
    {
        var outcome = await actions.ReadAsync(room, connection.Who, seq).ConfigureAwait(false);
        if (outcome.Error is { } code) connection.Error(id, room, new V1Error(code, outcome.Explanation!, outcome.Field));
        else if (id is not null) connection.Queue.Enqueue(V1Dialect.Done(id, room, new V1Done(ReadSeq: outcome.ReadSeq)));
    }

    private Action<ActionOutcome> Answer(string? id, long room, bool withMessage) => outcome =>
    {
        if (outcome.Error is { } code) connection.Error(id, room, new V1Error(code, outcome.Explanation!, outcome.Field, PersonLimits.Seconds(outcome.RetryAfter)));
        else if (id is not null) connection.Queue.Enqueue(V1Dialect.Done(id, room, new V1Done(withMessage ? outcome.Message : null)));
    };
}
