using System.Text.Json;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What a client of the seed's dialect said, in any of the shapes that its clients use.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Content">First string of <c>content</c>, <c>data.content</c>, <c>message</c>, <c>data.message</c>.</param>
/// <param name="ClientId"><c>client_id</c>, top level or in <c>data</c>.</param>
/// <param name="ReplyTo"><c>reply_to</c>, number or numeric string, top level or in <c>data</c>.</param>
/// <param name="Token"><c>token</c> of an <c>auth</c> frame.</param>
/// <param name="MessageId"><c>message_id</c>, top level or in <c>data</c>.</param>
internal sealed record SeedInbound(
    SeedFrameKind Kind, string? Content = null, string? ClientId = null, long? ReplyTo = null, string? Token = null, SeedMessageId? MessageId = null)
{
    private static readonly SeedInbound Unknown = new(SeedFrameKind.Unknown);

    /// <returns>Null where the bytes are not a JSON object, or a string in it is no Unicode.</returns>
    public static SeedInbound? Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var frame = document.RootElement;
            if (frame.ValueKind != JsonValueKind.Object) return null;
            var data = frame.TryGetProperty("data"u8, out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : default;
            return Text(frame, "type"u8) switch
            {
                "chat_message" or "message_send" or "message" => new(
                    SeedFrameKind.Send,
                    ContentOf(frame, data),
                    Text(frame, "client_id"u8) ?? Text(data, "client_id"u8),
                    Id(frame, "reply_to"u8) ?? Id(data, "reply_to"u8)),
                "typing" => data.ValueKind == JsonValueKind.Object && IsFalse(data, "is_typing"u8) ? new(SeedFrameKind.TypingStop) : new(SeedFrameKind.Typing),
                "typing_stop" => new(SeedFrameKind.TypingStop),
                "user_event" when Text(data, "event_type"u8) == "typing" => new(IsFalse(data, "is_typing"u8) ? SeedFrameKind.TypingStop : SeedFrameKind.Typing),
                "message_edit" => new(SeedFrameKind.Edit, ContentOf(frame, data), MessageId: MessageIdOf(frame, data)),
                "message_delete" => new(SeedFrameKind.Delete, MessageId: MessageIdOf(frame, data)),
                "pin_message" => new(SeedFrameKind.Pin, MessageId: MessageIdOf(frame, data)),
                "lock_chat" => new(SeedFrameKind.Lock),
                "mark_read" or "read" => new(SeedFrameKind.Read, MessageId: MessageIdOf(frame, data)),
                "ping" => new(SeedFrameKind.Ping),
                "auth" => new(SeedFrameKind.Auth, Token: Text(frame, "token"u8) ?? Text(data, "token"u8)),
                _ => Unknown,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? ContentOf(JsonElement frame, JsonElement data) =>
        Text(frame, "content"u8) ?? Text(data, "content"u8) ?? Text(frame, "message"u8) ?? Text(data, "message"u8);

    private static SeedMessageId? MessageIdOf(JsonElement frame, JsonElement data) =>
        Id(frame, "message_id"u8) is { } top ? new(top, Text(frame, "message_id"u8))
        : Id(data, "message_id"u8) is { } inner ? new(inner, Text(data, "message_id"u8))
        : null;

    private static string? Text(JsonElement from, ReadOnlySpan<byte> name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Id(JsonElement from, ReadOnlySpan<byte> name)
    {
        if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt64(out var id) => id,
            JsonValueKind.String when long.TryParse(value.GetString(), System.Globalization.NumberStyles.None, null, out var id) => id,
            _ => null,
        };
    }

    private static bool IsFalse(JsonElement from, ReadOnlySpan<byte> name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;
}

/// <summary>A message's id as a client wrote it: a number, or a string with a number in it, and so it is echoed.</summary>
/// <param name="Value">The id.</param>
/// <param name="Text">The string, or null where it came as a number.</param>
internal readonly record struct SeedMessageId(long Value, string? Text);

/// <summary>What a frame asks for. Unknown ones are ignored, as the seed's clients expect.</summary>
internal enum SeedFrameKind
{
    Unknown,
    Send,
    Typing,
    TypingStop,
    Ping,
    Auth,
    Edit,
    Delete,
    Pin,
    Lock,
    Read,
}
