using System.Text.Json;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The frames that the replaced system's clients understand (docs/protocol.md, "The seed's dialect").</summary>
internal sealed class SeedDialect : IDialect
{
    public static SeedDialect Instance { get; } = new();

    public int Slot => 0;

    public OutFrame? Render(RoomEvent roomEvent) => roomEvent.Kind switch
    {
        _ when roomEvent.IsBare => null,
        RoomEventKind.MessageCreated => RawFrame.Of(roomEvent, WriteChatMessage),
        RoomEventKind.MessageUpdated => SeedChangeFrames.Edited(roomEvent),
        RoomEventKind.MessageDeleted => SeedChangeFrames.Deleted(roomEvent),
        RoomEventKind.MessagePinned => SeedChangeFrames.Pinned(roomEvent, isPinned: true),
        RoomEventKind.MessageUnpinned => SeedChangeFrames.Pinned(roomEvent, isPinned: false),
        RoomEventKind.MemberMuted => SeedChangeFrames.Muted(roomEvent),
        RoomEventKind.RoomUpdated => SeedChangeFrames.Locked(roomEvent),
        _ => null,
    };

    /// <remarks>The seed sent no read receipts, so its clients have no frame for them.</remarks>
    public OutFrame? Render(Ephemeral ephemeral) =>
        ephemeral.Kind == EphemeralKind.Read ? null : RawFrame.Of(ephemeral, WriteEphemeral, ephemeral.Key);

    /// <summary>{"type":"room_history","messages":[full...]}</summary>
    public static RawFrame History(IReadOnlyList<ChatMessage> messages) => RawFrame.Of(messages, static (json, messages) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "room_history"u8);
        json.WriteStartArray("messages"u8);
        foreach (var message in messages) json.WriteRawValue(WireJson.Utf8(message), skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>{"type":"message_sent","message":{full},"message_id":n,"status":"delivered"}</summary>
    public static RawFrame Sent(long messageId, RoomEvent stored) => RawFrame.Of((messageId, stored), static (json, it) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "message_sent"u8);
        json.WritePropertyName("message"u8);
        json.WriteRawValue(it.stored.Data.Span, skipInputValidation: true);
        json.WriteNumber("message_id"u8, it.messageId);
        json.WriteString("status"u8, "delivered"u8);
        json.WriteEndObject();
    });

    /// <summary>{"type":"error","error":text,"message":text,"code":code,"field":name,"client_id":id,"retry_after":seconds}; the last three where they say something.</summary>
    public static RawFrame Error(string code, string text, string? field = null, string? clientId = null, double? retryAfter = null) =>
        RawFrame.Of((code, text, field, clientId, retryAfter), static (json, error) =>
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "error"u8);
            json.WriteString("error"u8, error.text);
            json.WriteString("message"u8, error.text);
            json.WriteString("code"u8, error.code);
            if (error.field is not null) json.WriteString("field"u8, error.field);
            if (error.clientId is not null) json.WriteString("client_id"u8, error.clientId);
            if (error.retryAfter is { } seconds) json.WriteNumber("retry_after"u8, seconds);
            json.WriteEndObject();
        });

    /// <summary>{"type":"auth_success","user_id":n}</summary>
    public static RawFrame Authenticated(long userId) => RawFrame.Of(userId, static (json, userId) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "auth_success"u8);
        json.WriteNumber("user_id"u8, userId);
        json.WriteEndObject();
    });

    public static RawFrame Pong { get; } = RawFrame.Of(0, static (json, _) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "pong"u8);
        json.WriteEndObject();
    });

    /// <summary>{"type":"notification","data":{"event":"room_added"|"room_removed","chat_id":n}}</summary>
    public static RawFrame Notification(string what, long roomId) => RawFrame.Of((what, roomId), static (json, it) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "notification"u8);
        json.WriteStartObject("data"u8);
        json.WriteString("event"u8, it.what);
        json.WriteNumber("chat_id"u8, it.roomId);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>{"type":"chat_message","message":{full},"data":{"chat_id":n,"message":{full}}}: one for each of the two clients that are about.</summary>
    private static void WriteChatMessage(Utf8JsonWriter json, RoomEvent created)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "chat_message"u8);
        json.WritePropertyName("message"u8);
        json.WriteRawValue(created.Data.Span, skipInputValidation: true);
        json.WriteStartObject("data"u8);
        json.WriteNumber("chat_id"u8, created.RoomId);
        json.WritePropertyName("message"u8);
        json.WriteRawValue(created.Data.Span, skipInputValidation: true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>{"type":"typing","user":{id,username,first_name,last_name}}; stopping and leaving name only id and username.</summary>
    private static void WriteEphemeral(Utf8JsonWriter json, Ephemeral ephemeral)
    {
        var (type, full) = ephemeral.Kind switch
        {
            EphemeralKind.Typing => ("typing", true),
            EphemeralKind.TypingStopped => ("typing_stop", false),
            EphemeralKind.Joined => ("user_joined", true),
            EphemeralKind.Left => ("user_left", false),
            _ => throw new ArgumentOutOfRangeException(nameof(ephemeral), ephemeral.Kind, null),
        };
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteStartObject("user"u8);
        json.WriteNumber("id"u8, ephemeral.Who.Id);
        json.WriteString("username"u8, ephemeral.Who.Username);
        if (full)
        {
            json.WriteString("first_name"u8, ephemeral.Who.FirstName);
            json.WriteString("last_name"u8, ephemeral.Who.LastName);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
