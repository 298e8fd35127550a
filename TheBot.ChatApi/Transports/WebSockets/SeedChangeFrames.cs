using System.Globalization;
using System.Text.Json;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The seed's frames for what happens to a message after it was sent, and for the lock of a room.</summary>
internal static class SeedChangeFrames
{
    /// <summary>{"type":"message_edit_confirmed","message_id":x,"status":"edited"}, x as the client wrote it.</summary>
    public static RawFrame EditConfirmed(SeedMessageId id) => Confirmed("message_edit_confirmed", "edited", id);

    /// <summary>{"type":"message_delete_confirmed","message_id":x,"status":"deleted"}, x as the client wrote it.</summary>
    public static RawFrame DeleteConfirmed(SeedMessageId id) => Confirmed("message_delete_confirmed", "deleted", id);

    /// <summary>{"type":"message_edited","message_id":n,"content":...,"is_edited":true,"edited_at":"...+00:00"}</summary>
    public static RawFrame Edited(RoomEvent roomEvent) => RawFrame.Of(roomEvent, static (json, it) =>
    {
        var message = it.Message();
        json.WriteStartObject();
        json.WriteString("type"u8, "message_edited"u8);
        json.WriteNumber("message_id"u8, message.Id);
        json.WriteString("content"u8, message.Content);
        json.WriteBoolean("is_edited"u8, true);
        json.WriteString("edited_at"u8, WireTime.Format(it.At).Replace("Z", "+00:00", StringComparison.Ordinal));
        json.WriteEndObject();
    });

    /// <summary>{"type":"message_deleted","message_id":n,"deleted_by":n,"deleted_by_role":"author"|"moderator"}</summary>
    public static RawFrame Deleted(RoomEvent roomEvent) => RawFrame.Of(roomEvent, static (json, it) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "message_deleted"u8);
        json.WriteNumber("message_id"u8, it.Message().Id);
        json.WriteNumber("deleted_by"u8, it.ActorId ?? 0);
        json.WriteString("deleted_by_role"u8, it.DeletedByRole());
        json.WriteEndObject();
    });

    /// <summary>{"type":"message_pinned","data":{"message_id":n,"is_pinned":b,"thread_id":"n"}}</summary>
    /// <remarks>The seed made a thread for every pin. There are none here, and the pinned message's own id stands for its thread.</remarks>
    public static RawFrame Pinned(RoomEvent roomEvent, bool isPinned) => RawFrame.Of((roomEvent, isPinned), static (json, it) =>
    {
        var id = it.roomEvent.Message().Id;
        json.WriteStartObject();
        json.WriteString("type"u8, "message_pinned"u8);
        json.WriteStartObject("data"u8);
        json.WriteNumber("message_id"u8, id);
        json.WriteBoolean("is_pinned"u8, it.isPinned);
        json.WriteString("thread_id"u8, id.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>{"type":"chat_locked","data":{"chat_id":"n","is_active":b}}: also where the roster opened or closed the room, for the seed knew one flag for both.</summary>
    public static RawFrame Locked(RoomEvent roomEvent) => RawFrame.Of(roomEvent, static (json, it) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "chat_locked"u8);
        json.WriteStartObject("data"u8);
        json.WriteString("chat_id"u8, it.RoomId.ToString(CultureInfo.InvariantCulture));
        json.WriteBoolean("is_active"u8, it.Room() is { Writable: true, Locked: false });
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>{"type":"user_muted","data":{"chat_id":"n","user_id":n,"is_muted":b}}</summary>
    public static RawFrame Muted(RoomEvent roomEvent) => RawFrame.Of(roomEvent, static (json, it) =>
    {
        var (user, until) = it.Muted();
        json.WriteStartObject();
        json.WriteString("type"u8, "user_muted"u8);
        json.WriteStartObject("data"u8);
        json.WriteString("chat_id"u8, it.RoomId.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("user_id"u8, user.Id);
        json.WriteBoolean("is_muted"u8, until is not null);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static RawFrame Confirmed(string type, string status, SeedMessageId id) => RawFrame.Of((type, status, id), static (json, it) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, it.type);
        if (it.id.Text is { } text) json.WriteString("message_id"u8, text);
        else json.WriteNumber("message_id"u8, it.id.Value);
        json.WriteString("status"u8, it.status);
        json.WriteEndObject();
    });
}
