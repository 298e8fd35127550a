using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The frames of v1 (docs/protocol.md, "v1").</summary>
internal sealed class V1Dialect : IDialect
{
    public static V1Dialect Instance { get; } = new();

    public int Slot => 2;

    /// <summary>Never null: a client finds gaps by seq, so every line of the log has a frame, also one that a newer server wrote.</summary>
    public OutFrame? Render(RoomEvent roomEvent) => roomEvent.Kind switch
    {
        _ when roomEvent.IsBare => Event(V1Type.Event, roomEvent, WriteKind),
        RoomEventKind.MessageCreated => Event(V1Type.MessageCreated, roomEvent, WriteMessage),
        RoomEventKind.MessageUpdated => Event(V1Type.MessageUpdated, roomEvent, WriteMessage),
        RoomEventKind.MessageDeleted => Event(V1Type.MessageDeleted, roomEvent, WriteDeletion),
        RoomEventKind.ReactionAdded => Event(V1Type.ReactionAdded, roomEvent, WriteReaction),
        RoomEventKind.ReactionRemoved => Event(V1Type.ReactionRemoved, roomEvent, WriteReaction),
        RoomEventKind.MessagePinned => Event(V1Type.MessagePinned, roomEvent, WritePin),
        RoomEventKind.MessageUnpinned => Event(V1Type.MessageUnpinned, roomEvent, WritePin),
        RoomEventKind.MemberAdded => Event(V1Type.MemberAdded, roomEvent, WriteData),
        RoomEventKind.MemberRemoved => Event(V1Type.MemberRemoved, roomEvent, WriteData),
        RoomEventKind.MemberMuted => Event(V1Type.MemberMuted, roomEvent, WriteData),
        RoomEventKind.RoomUpdated => Event(V1Type.RoomUpdated, roomEvent, WriteData),
        _ => Event(V1Type.Event, roomEvent, WriteKind),
    };

    public OutFrame? Render(Ephemeral ephemeral)
    {
        var user = new Person(ephemeral.Who.Id, PersonName.Full(ephemeral.Who.FirstName, ephemeral.Who.LastName), ephemeral.Who.Role);
        return ephemeral.Kind switch
        {
            EphemeralKind.Typing => Hint(V1Type.Typing, ephemeral, new V1Typing(user, true), V1Json.Wire.Typing),
            EphemeralKind.TypingStopped => Hint(V1Type.Typing, ephemeral, new V1Typing(user, false), V1Json.Wire.Typing),
            EphemeralKind.Joined => Hint(V1Type.Presence, ephemeral, new V1Presence(user, true), V1Json.Wire.Presence),
            EphemeralKind.Left => Hint(V1Type.Presence, ephemeral, new V1Presence(user, false), V1Json.Wire.Presence),
            EphemeralKind.Read => Hint(V1Type.ReadUpdated, ephemeral, new V1ReadUpdated(user, ephemeral.Seq), V1Json.Wire.ReadUpdated),
            _ => null, // a hint that a newer replica gives
        };
    }

    public static RawFrame Ready(V1Ready ready, string? id) =>
        Frame(new V1Frame<V1Ready> { Type = V1Type.Ready, Id = id, Ts = DateTimeOffset.UtcNow, Data = ready }, V1Json.Wire.Ready);

    public static RawFrame Subscribed(string? id, long room, V1Subscribed subscribed) => Frame(
        new V1Frame<V1Subscribed> { Type = V1Type.Subscribed, Id = id, Room = room, Ts = DateTimeOffset.UtcNow, Data = subscribed }, V1Json.Wire.Subscribed);

    public static RawFrame Unsubscribed(string? id, long room, string? reason) => Frame(
        new V1Frame<V1Unsubscribed> { Type = V1Type.Unsubscribed, Id = id, Room = room, Ts = DateTimeOffset.UtcNow, Data = new(reason) },
        V1Json.Wire.Unsubscribed);

    public static RawFrame Ack(string? id, RoomEvent stored) => Event(V1Type.Ack, stored, WriteMessage, id);

    public static RawFrame Done(string id, long room, V1Done done) =>
        Frame(new V1Frame<V1Done> { Type = V1Type.Done, Id = id, Room = room, Ts = DateTimeOffset.UtcNow, Data = done }, V1Json.Wire.Done);

    /// <param name="type"><see cref="V1Type.RoomAdded"/> or <see cref="V1Type.RoomRemoved"/>.</param>
    /// <param name="room">Which.</param>
    public static RawFrame RoomChange(string type, long room) => Frame(
        new V1Frame<V1Nothing> { Type = type, Room = room, Ts = DateTimeOffset.UtcNow, Data = V1Nothing.Instance }, V1Json.Wire.Nothing);

    public static RawFrame Heads(IReadOnlyDictionary<long, long> heads) => Frame(
        new V1Frame<IReadOnlyDictionary<long, long>> { Type = V1Type.Heads, Ts = DateTimeOffset.UtcNow, Data = heads }, V1Json.Wire.Heads);

    public static RawFrame Pong(string? id) => Frame(
        new V1Frame<V1Nothing> { Type = V1Type.Pong, Id = id, Ts = DateTimeOffset.UtcNow, Data = V1Nothing.Instance }, V1Json.Wire.Nothing);

    public static RawFrame GoingAway(TimeSpan retryAfter) => Frame(
        new V1Frame<V1GoingAway> { Type = V1Type.GoingAway, Ts = DateTimeOffset.UtcNow, Data = new(Math.Round(retryAfter.TotalSeconds, 1)) },
        V1Json.Wire.GoingAway);

    public static RawFrame Error(string? id, long? room, V1Error error) => Frame(
        new V1Frame<V1Error> { Type = V1Type.Error, Id = id, Room = room, Ts = DateTimeOffset.UtcNow, Data = error }, V1Json.Wire.Error);

    private static RawFrame Frame<T>(V1Frame<T> frame, JsonTypeInfo<V1Frame<T>> type) =>
        RawFrame.Of((frame, type), static (json, it) => JsonSerializer.Serialize(json, it.frame, it.type));

    private static RawFrame Hint<T>(string type, Ephemeral ephemeral, T data, JsonTypeInfo<V1Frame<T>> json) => RawFrame.Of(
        (new V1Frame<T> { Type = type, Room = ephemeral.RoomId, Ts = DateTimeOffset.UtcNow, Data = data }, json),
        static (writer, it) => JsonSerializer.Serialize(writer, it.Item1, it.json),
        ephemeral.Key);

    /// <summary>{"type":...,"id":...,"room":n,"seq":n,"ts":"...","data":...}: what is written for every message, so without objects between.</summary>
    private static RawFrame Event(string type, RoomEvent roomEvent, Action<Utf8JsonWriter, RoomEvent> writeData, string? id = null) =>
        RawFrame.Of((type, id, roomEvent, writeData), static (json, it) =>
        {
            Span<byte> at = stackalloc byte[WireTime.BytesMax];
            json.WriteStartObject();
            json.WriteString("type"u8, it.type);
            if (it.id is not null) json.WriteString("id"u8, it.id);
            json.WriteNumber("room"u8, it.roomEvent.RoomId);
            json.WriteNumber("seq"u8, it.roomEvent.Seq);
            json.WriteString("ts"u8, at[..WireTime.Format(it.roomEvent.At, at)]);
            json.WritePropertyName("data"u8);
            it.writeData(json, it.roomEvent);
            json.WriteEndObject();
        });

    private static void WriteMessage(Utf8JsonWriter json, RoomEvent roomEvent)
    {
        json.WriteStartObject();
        json.WritePropertyName("message"u8);
        json.WriteRawValue(roomEvent.Data.Span, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static void WriteDeletion(Utf8JsonWriter json, RoomEvent roomEvent) => JsonSerializer.Serialize(
        json, new V1Deleted(roomEvent.Message().Id, roomEvent.ActorId ?? 0, roomEvent.DeletedByRole()), V1Json.Wire.V1Deleted);

    private static void WriteReaction(Utf8JsonWriter json, RoomEvent roomEvent) =>
        JsonSerializer.Serialize(json, new V1Reaction(roomEvent.Message().Id, roomEvent.ActorId ?? 0, roomEvent.Emoji()), V1Json.Wire.V1Reaction);

    private static void WritePin(Utf8JsonWriter json, RoomEvent roomEvent) =>
        JsonSerializer.Serialize(json, new V1Pinned(roomEvent.Message().Id, roomEvent.ActorId ?? 0), V1Json.Wire.V1Pinned);

    private static void WriteData(Utf8JsonWriter json, RoomEvent roomEvent) => json.WriteRawValue(roomEvent.Data.Span, skipInputValidation: true);

    private static void WriteKind(Utf8JsonWriter json, RoomEvent roomEvent)
    {
        json.WriteStartObject();
        json.WriteNumber("kind"u8, (short)roomEvent.Kind);
        json.WriteEndObject();
    }
}
