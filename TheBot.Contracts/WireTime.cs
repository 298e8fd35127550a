using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Contracts;

/// <summary>Times of the wire: UTC, <c>2026-01-06T12:00:00.123456Z</c>, without a fraction where it is zero.</summary>
/// <remarks>What Django REST Framework writes, which the seed's clients parse; also RFC 3339.</remarks>
public static class WireTime
{
    /// <summary>Bytes of room that <see cref="Format(DateTimeOffset, Span{byte})"/> needs: a round trip's, seven digits of a second and all.</summary>
    public const int BytesMax = 28;

    private const int WholeSecond = 19; // 2026-01-06T12:00:00
    private const int WithFraction = 26; // and .123456

    /// <summary>The wire's text of a point in time.</summary>
    public static string Format(DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[BytesMax];
        return Encoding.ASCII.GetString(text[..Format(time, text)]);
    }

    /// <summary>Writes the wire's text of a point in time; at least <see cref="BytesMax"/> bytes.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(DateTimeOffset time, Span<byte> destination)
    {
        // of all formats the only one that is quick, and it begins as ours does: a custom one took 4 % of the server's time
        if (!time.UtcDateTime.TryFormat(destination, out _, "O", CultureInfo.InvariantCulture)) throw new ArgumentException("too short for a time", nameof(destination));
        var length = time.UtcTicks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? WholeSecond : WithFraction;
        destination[length] = (byte)'Z';
        return length + 1;
    }
}

/// <summary>Reads any RFC 3339 time, writes <see cref="WireTime"/>.</summary>
public sealed class WireTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<byte> text = stackalloc byte[WireTime.BytesMax];
        writer.WriteStringValue(text[..WireTime.Format(value, text)]);
    }
}
