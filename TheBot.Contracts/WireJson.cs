using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Contracts;

/// <summary>How the wire's objects become JSON: snake_case names, UTF-8 text as it is (only what JSON demands is escaped).</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatMessage))]
[JsonSerializable(typeof(List<ChatMessage>))]
[JsonSerializable(typeof(Person))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The context that everything written to the wire uses.</summary>
    public static WireJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The full message object as UTF-8 JSON.</summary>
    public static byte[] Utf8(ChatMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, Wire.ChatMessage);

    /// <summary>Options of a writer whose output goes to the wire.</summary>
    public static JsonWriterOptions Writer { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
