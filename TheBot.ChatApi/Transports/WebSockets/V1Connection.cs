using System.Net.WebSockets;
using System.Text.Json;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>A client of v1: one socket, many rooms.</summary>
internal sealed class V1Connection : RawConnection
{
    private readonly V1Options _options;
    private readonly V1Rooms _rooms;
    private readonly V1Actions _actions;
    private long _lastBeat;

    public V1Connection(WebSocket socket, HttpContext context, Identity who, SocketServices services, SubscribeTurns turns, V1Options options)
        : base(socket, context, who, V1Dialect.Instance, services)
    {
        _options = options;
        _rooms = new V1Rooms(this, services, turns, options);
        _actions = new V1Actions(this, services.Actions);
        _lastBeat = services.Time.GetTimestamp();
    }

    /// <summary>Greets, and reads until the end.</summary>
    /// <param name="authId">The id of the auth frame, where there was one.</param>
    /// <param name="cancellationToken">The request's end.</param>
    public async Task RunAsync(string? authId, CancellationToken cancellationToken)
    {
        try
        {
            await House.Logins.OpenAsync(this).ConfigureAwait(false);
            Greet(V1Dialect.Ready(new V1Ready(new Person(Who.UserId, Who.FullName, Who.Role), House.Limits.Limits), authId));
            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _rooms.End();
            House.Announcer.TypingEnds(this);
            House.Feeds.Close(this);
        }
    }

    public override void Removed(long roomId) => _rooms.Removed(roomId);

    public override void Tell(UserEvent userEvent)
    {
        if (IsRevokedBy(userEvent)) Close(CloseCode.Revoked, "revoked");
        if (userEvent.RoomId is not { } room) return;
        if (userEvent.Kind == UserEventKind.RoomAdded) TellOnceGreeted(V1Dialect.RoomChange(V1Type.RoomAdded, room));
        if (userEvent.Kind == UserEventKind.RoomRemoved) TellOnceGreeted(V1Dialect.RoomChange(V1Type.RoomRemoved, room));
    }

    protected override void SayGoingAway(TimeSpan retryAfter) => Queue.Enqueue(V1Dialect.GoingAway(retryAfter));

    /// <summary>Whether it is time for the next heartbeat; if so, that one counts as given.</summary>
    public bool TakeBeat()
    {
        if (!IsGreeted || House.Time.GetElapsedTime(_lastBeat) < _options.HeartbeatEvery) return false;
        _lastBeat = House.Time.GetTimestamp();
        return true;
    }

    /// <param name="heads">The heads of this connection's rooms, and of others.</param>
    public void Beat(IReadOnlyDictionary<long, long> heads)
    {
        var mine = new Dictionary<long, long>();
        foreach (var room in Subscriptions.Keys)
        {
            if (heads.TryGetValue(room, out var head)) mine[room] = head;
        }

        Queue.Enqueue(V1Dialect.Heads(mine));
    }

    protected override void OnMessage(ReadOnlyMemory<byte> message)
    {
        V1Frame frame;
        try
        {
            frame = V1Frame.Parse(message.Span);
        }
        catch (JsonException e)
        {
            Refuse(null, null, FieldOf(e), "not a frame of this protocol");
            return;
        }

        if (frame.Id?.Length > V1Protocol.FrameIdMaxLength)
        {
            Refuse(null, frame.Room, "id", $"longer than {V1Protocol.FrameIdMaxLength} characters");
            return;
        }

        try
        {
            Do(frame);
        }
        catch (JsonException e)
        {
            Refuse(frame.Id, frame.Room, FieldOf(e), "missing or of another type");
        }
    }

    /// <summary>One command a line: what a frame asks for.</summary>
    private void Do(V1Frame frame)
    {
        switch (frame.Type)
        {
            case V1Type.Ping: Queue.Enqueue(V1Dialect.Pong(frame.Id)); break;
            case V1Type.Auth: Refuse(frame.Id, null, "type", "authenticated already"); break;
            case V1Type.Send when RoomOf(frame) is { } room: Send(frame.Id, room, frame.DataAs(V1Json.Wire.V1Send)); break;
            case V1Type.Typing when RoomOf(frame) is { } room: Type(frame.Id, room, frame.DataAs(V1Json.Wire.V1TypingNow)); break;
            case V1Type.Subscribe when RoomOf(frame) is { } room: Subscribe(frame.Id, room, frame.DataAs(V1Json.Wire.V1Subscribe)); break;
            case V1Type.Unsubscribe when RoomOf(frame) is { } room: Unsubscribe(frame.Id, room); break;
            case var type when RoomOf(frame) is { } room && _actions.TryDo(type, frame, room): break;
            case V1Type.Send or V1Type.Typing or V1Type.Subscribe or V1Type.Unsubscribe: Refuse(frame.Id, null, "room", "required"); break;
            case var type when V1Actions.Knows(type): Refuse(frame.Id, null, "room", "required"); break;
            default: Error(frame.Id, frame.Room, new V1Error(ErrorCode.UnknownType, "this server does not know that type", "type")); break;
        }
    }

    private void Send(string? id, long room, V1Send send)
    {
        if (send.ClientId is null)
        {
            Refuse(id, room, "client_id", "required, so that sending again stores it once");
        }
        else if (MessageRules.Draft(room, UserId, send.Content, send.ClientId, send.ReplyTo, out var broken) is { } draft)
        {
            if (TryOwe()) House.Writer.Submit(new V1SendCommand(draft, id, this));
        }
        else
        {
            Refuse(id, room, broken!.Field, broken.Rule);
        }
    }

    private void Type(string? id, long room, V1TypingNow typing)
    {
        if (Subscriptions.TryGetValue(room, out var subscription) && subscription.IsMember)
        {
            House.Announcer.Typing(this, room, typing.IsTyping);
        }
        else
        {
            Error(id, room, new V1Error(ErrorCode.AccessDenied, "not subscribed to this room as a member"));
        }
    }

    private void Subscribe(string? id, long room, V1Subscribe subscribe)
    {
        if (subscribe.Since < 0) Refuse(id, room, "since", "0 or more");
        else _rooms.Subscribe(id, room, subscribe.Since);
    }

    private void Unsubscribe(string? id, long room)
    {
        House.Announcer.Typing(this, room, isTyping: false);
        _rooms.Unsubscribe(id, room);
    }

    public void Error(string? id, long? room, V1Error error) => Queue.Enqueue(V1Dialect.Error(id, room, error));

    private void Refuse(string? id, long? room, string? field, string rule) => Error(id, room, new V1Error(ErrorCode.Validation, rule, field));

    private static long? RoomOf(V1Frame frame) => frame.Room is > 0 ? frame.Room : null;

    /// <summary>$.since -> since</summary>
    private static string? FieldOf(JsonException e) => e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;

    /// <summary>The answer stands in the sender's queue before the event does: ack, then message.created.</summary>
    private sealed class V1SendCommand(MessageDraft draft, string? id, LiveConnection connection) : SendCommand(draft)
    {
        public override void Completed(SendOutcome outcome)
        {
            connection.Queue.Enqueue(outcome.Stored is { } stored
                ? V1Dialect.Ack(id, stored)
                : V1Dialect.Error(id, Draft.RoomId, new V1Error(outcome.Error!, outcome.Explanation!, RetryAfter: PersonLimits.Seconds(outcome.RetryAfter))));
            connection.Settle();
        }
    }
}
