using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Contracts;

/// <summary>Times of the wire: UTC, <c>2026-01-06T12:00:00.123456Z</c>, without a fraction where it is zero.</summary>
/// <remarks>What Django REST Framework writes, which the seed's clients parse; also RFC 3339.</remarks>
public static class WireTime
{
    private const string WithFraction = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const string WholeSecond = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The wire's text of a point in time.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(FormatOf(time), CultureInfo.InvariantCulture);

    /// <summary>Writes the wire's text of a point in time; at least 27 bytes of room.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(DateTimeOffset time, Span<byte> destination) =>
        time.UtcDateTime.TryFormat(destination, out var written, FormatOf(time), CultureInfo.InvariantCulture)
            ? written
            : throw new ArgumentException("too short for a time", nameof(destination));

    private static string FormatOf(DateTimeOffset time) => time.UtcTicks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? WholeSecond : WithFraction;
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
        Span<byte> text = stackalloc byte[32];
        writer.WriteStringValue(text[..WireTime.Format(value, text)]);
    }
}
