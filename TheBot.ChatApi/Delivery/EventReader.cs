using System.Text.Json;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>What an event says, for dialects that say it in words of their own.</summary>
internal static class EventReader
{
    /// <summary>The message of a message event (not <see cref="RoomEvent.IsBare"/>), as it was when the event was read.</summary>
    public static ChatMessage Message(this RoomEvent roomEvent) => JsonSerializer.Deserialize(roomEvent.Data.Span, WireJson.Wire.ChatMessage)!;

    /// <summary>The emoji of a reaction event.</summary>
    public static string Emoji(this RoomEvent roomEvent) => Text(roomEvent, "emoji");

    /// <summary><c>author</c> or <c>moderator</c>, of a deletion.</summary>
    public static string DeletedByRole(this RoomEvent roomEvent) => Text(roomEvent, "deleted_by_role");

    /// <summary>What the room is after a room event.</summary>
    public static RoomChange Room(this RoomEvent roomEvent)
    {
        using var json = JsonDocument.Parse(roomEvent.Data);
        var room = json.RootElement;
        return new RoomChange(
            roomEvent.RoomId,
            roomEvent.Seq,
            roomEvent.ActorId,
            room.GetProperty("name").GetString()!,
            room.GetProperty("description").GetString()!,
            room.GetProperty("writable").GetBoolean(),
            room.TryGetProperty("locked", out var locked) && locked.GetBoolean(),
            room.TryGetProperty("slow_mode_seconds", out var slow) ? slow.GetInt32() : 0);
    }

    /// <summary>Who was muted until when.</summary>
    public static V1Muted Muted(this RoomEvent roomEvent) => JsonSerializer.Deserialize(roomEvent.Data.Span, V1Json.Wire.V1Muted)!;

    private static string Text(RoomEvent roomEvent, string name)
    {
        using var json = JsonDocument.Parse(roomEvent.Extra);
        return json.RootElement.GetProperty(name).GetString()!;
    }
}
