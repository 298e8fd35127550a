using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Contracts.V1;

/// <summary>The envelope of every v1 frame, as a reader sees it: <c>{type, id?, room?, seq?, ts, data}</c>.</summary>
public sealed record V1Frame
{
    /// <summary>One of <see cref="V1Type"/>.</summary>
    public string? Type { get; init; }

    /// <summary>The client's name for its frame; the server's answer carries the same. At most <see cref="V1Protocol.FrameIdMaxLength"/> UTF-16 code units.</summary>
    public string? Id { get; init; }

    /// <summary>The room it is about.</summary>
    public long? Room { get; init; }

    /// <summary>Its place in the room's log, for what has one.</summary>
    public long? Seq { get; init; }

    /// <summary>Server's frames: when the event was committed, or the frame was made (UTC). Ignored in a client's frame.</summary>
    public DateTimeOffset? Ts { get; init; }

    /// <summary>What the type has to say; may be left out by a client where it says nothing.</summary>
    public JsonElement Data { get; init; }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="JsonException">Not a JSON object, or a member of the envelope has another type.</exception>
    public static V1Frame Parse(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, V1Json.Wire.V1Frame) ?? throw new JsonException("The frame is null.");

    /// <summary><see cref="Data"/> as <typeparamref name="T"/>; one of its defaults where there is none.</summary>
    /// <exception cref="JsonException">A member has another type; its path tells which.</exception>
    public T DataAs<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class => (Data.ValueKind == JsonValueKind.Undefined ? JsonSerializer.Deserialize("{}"u8, type) : Data.Deserialize(type))
            ?? throw new JsonException("data is null.");
}

/// <summary>A v1 frame on its way out.</summary>
/// <typeparam name="T">What <c>data</c> is.</typeparam>
public sealed record V1Frame<T>
{
    /// <summary>One of <see cref="V1Type"/>.</summary>
    public required string Type { get; init; }

    /// <summary>As <see cref="V1Frame.Id"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>As <see cref="V1Frame.Room"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Room { get; init; }

    /// <summary>As <see cref="V1Frame.Seq"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seq { get; init; }

    /// <summary>As <see cref="V1Frame.Ts"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(WireTimeConverter))]
    public DateTimeOffset? Ts { get; init; }

    /// <summary>As <see cref="V1Frame.Data"/>.</summary>
    public required T Data { get; init; }
}
