using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>Messages that are not settled yet, a queue a room.</summary>
/// <remarks>
/// Of each room only the first is on its way; the next one goes once that is stored or refused for good. So what was sent first is stored
/// first, however often it has to be sent again.
/// </remarks>
internal sealed class Outbox(TimeProvider time, Func<double> jitter)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, RoomQueue> _rooms = [];
    private Session? _session;
    private ChatException? _ended;

    /// <summary>Takes a message in. Never waits; once the client has ended the message has failed at once.</summary>
    public void Add(OutgoingMessage message)
    {
        lock (_gate)
        {
            if (_ended is { } reason)
            {
                message.SetFailed(reason);
                return;
            }

            if (!_rooms.TryGetValue(message.Room, out var room)) _rooms.Add(message.Room, room = new RoomQueue(new Backoff(jitter)));
            room.Messages.Enqueue(message);
            if (room.Messages.Count == 1) SendFirst(room);
        }
    }

    public void Attach(Session session)
    {
        lock (_gate)
        {
            _session = session;
            foreach (var room in _rooms.Values)
            {
                room.Refusals.Reset();
                SendFirst(room);
            }
        }
    }

    public void Detach()
    {
        lock (_gate) _session = null;
    }

    public void End(ChatException reason)
    {
        lock (_gate)
        {
            _ended = reason;
            foreach (var message in _rooms.Values.SelectMany(r => r.Messages)) message.SetFailed(reason);
            _rooms.Clear();
        }
    }

    public void OnAck(V1Frame frame)
    {
        var stored = frame.DataAs(V1Json.Wire.V1Message).Message;
        lock (_gate)
        {
            if (FirstOf(frame) is not var (room, first)) return;
            first.SetStored(stored);
            Next(first.Room, room);
        }
    }

    /// <summary>An error that may concern a message of ours.</summary>
    public void OnError(V1Frame frame, V1Error error)
    {
        lock (_gate)
        {
            if (FirstOf(frame) is not var (room, first)) return;
            if (error.RetryAfter is not null || error.Code is ErrorCode.Save or ErrorCode.RateLimited)
            {
                var wait = room.Refusals.Next(error.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
                if (_session is { } session) _ = SendAgainAsync(session, first.Room, room, first, wait);
                return;
            }

            first.SetFailed(new ChatException(error.Code, error.Message, error.Field));
            Next(first.Room, room);
        }
    }

    /// <summary>The message that an answer is about: only the first of a room can be; an answer to an earlier attempt of a settled one is not news.</summary>
    private (RoomQueue Room, OutgoingMessage First)? FirstOf(V1Frame frame) =>
        frame.Room is { } id && _rooms.TryGetValue(id, out var room) && room.Messages.Peek() is var first && first.ClientId == frame.Id ? (room, first) : null;

    private void Next(long id, RoomQueue room)
    {
        room.Messages.Dequeue();
        room.Refusals.Reset();
        if (room.Messages.Count == 0) _rooms.Remove(id);
        else SendFirst(room);
    }

    private void SendFirst(RoomQueue room)
    {
        var first = room.Messages.Peek();
        _session?.Post(
            new V1Frame<V1Send>
            {
                Type = V1Type.Send,
                Id = first.ClientId,
                Room = first.Room,
                Data = new(first.ClientId, first.Content, first.ReplyTo),
            },
            V1Json.Wire.Send);
    }

    private async Task SendAgainAsync(Session session, long id, RoomQueue room, OutgoingMessage first, TimeSpan wait)
    {
        await Task.Delay(wait, time, session.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_session == session && _rooms.GetValueOrDefault(id) == room && room.Messages.Peek() == first) SendFirst(room);
        }
    }

    /// <param name="Refusals">How often the first one was put off.</param>
    private sealed record RoomQueue(Backoff Refusals)
    {
        public Queue<OutgoingMessage> Messages { get; } = new();
    }
}
