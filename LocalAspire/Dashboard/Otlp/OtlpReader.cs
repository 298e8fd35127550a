using System.Globalization;
using Google.Protobuf;
using LocalAspire.Dashboard.Otlp.Wire;

namespace LocalAspire.Dashboard.Otlp;

/// <summary>From the wire's messages to what is kept.</summary>
internal static class OtlpReader
{
    private static readonly string[] Kinds = ["Internal", "Internal", "Server", "Client", "Producer", "Consumer"];
    private static readonly string[] Levels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];

    /// <summary>Severities: 1-4 trace, 5-8 debug, 9-12 information, 13-16 warning, 17-20 error, 21-24 fatal.</summary>
    private const int SeveritiesPerLevel = 4;

    /// <summary>Characters of a message or a field that are kept.</summary>
    public const int TextMax = 8_192;

    public static Origin Origin(Source? source)
    {
        var attributes = source is null ? [] : Read(source.Attributes);
        string? Of(string key) => attributes.FirstOrDefault(item => item.Name == key).Value;
        var service = Of("service.name") ?? "unknown";
        return new Origin(service, Of("service.instance.id") is { } instance ? $"{service}-{instance}" : service);
    }

    public static Span Span(SpanData span, Origin origin, string scope) => new(
        origin,
        scope,
        Hex(span.TraceId),
        Hex(span.SpanId),
        span.ParentSpanId.IsEmpty ? null : Hex(span.ParentSpanId),
        span.Name,
        span.Kind >= 0 && span.Kind < Kinds.Length ? Kinds[span.Kind] : Kinds[0],
        Time(span.StartNanos),
        Time(span.EndNanos),
        span.Status?.Code == 2,
        span.Status?.Message,
        Read(span.Attributes),
        [.. span.Events.Select(item => new SpanMoment(Time(item.AtNanos), item.Name, Read(item.Attributes)))],
        [.. span.Links.Select(link => new SpanReference(Hex(link.TraceId), Hex(link.SpanId)))]);

    public static LogRecord Log(LogData record, Origin origin, string scope)
    {
        var attributes = Read(record.Attributes);
        var level = Math.Clamp((record.Severity - 1) / SeveritiesPerLevel, 0, Levels.Length - 1);
        return new LogRecord(
            origin,
            Time(record.AtNanos != 0 ? record.AtNanos : record.ObservedNanos),
            record.Severity == 0 ? 2 : level,
            record.Severity == 0 ? Levels[2] : Levels[level],
            scope,
            Text(record.Body),
            record.TraceId.IsEmpty ? null : Hex(record.TraceId),
            record.SpanId.IsEmpty ? null : Hex(record.SpanId),
            attributes);
    }

    public static IEnumerable<MetricPoint> Points(MetricData metric, string meter)
    {
        Instrument Of(InstrumentKind kind) => new(meter, metric.Name, metric.Description, metric.Unit, kind);
        const int Delta = 1;
        return metric.DataCase switch
        {
            MetricData.DataOneofCase.Gauge => metric.Gauge.Points.Select(point => Number(Of(InstrumentKind.Gauge), point, isDelta: false)),
            MetricData.DataOneofCase.Sum => metric.Sum.Points.Select(point =>
                Number(Of(metric.Sum.IsMonotonic ? InstrumentKind.Counter : InstrumentKind.Gauge), point, metric.Sum.Temporality == Delta)),
            MetricData.DataOneofCase.Histogram => metric.Histogram.Points.Select(point => new MetricPoint(
                Of(InstrumentKind.Histogram),
                Read(point.Attributes),
                metric.Histogram.Temporality == Delta,
                new Sample(Time(point.AtNanos), point.Sum, (long)point.Count, [.. point.Buckets.Select(count => (long)count)], [.. point.Bounds]))),
            _ => [],
        };
    }

    private static MetricPoint Number(Instrument instrument, NumberPoint point, bool isDelta) => new(
        instrument, Read(point.Attributes), isDelta, new Sample(Time(point.AtNanos), point.ValueCase == NumberPoint.ValueOneofCase.Whole ? point.Whole : point.Number, 0, [], []));

    private static Field[] Read(IEnumerable<Wire.Attribute> attributes) => [.. attributes.Select(item => new Field(item.Key, Text(item.Value)))];

    private static string Text(Value? value)
    {
        var text = Whole(value);
        return text.Length <= TextMax ? text : $"{text.AsSpan(0, TextMax)}…";
    }

    private static string Whole(Value? value) => value?.KindCase switch
    {
        Value.KindOneofCase.Text => value.Text,
        Value.KindOneofCase.Flag => value.Flag ? "true" : "false",
        Value.KindOneofCase.Whole => value.Whole.ToString(CultureInfo.InvariantCulture),
        Value.KindOneofCase.Number => value.Number.ToString(CultureInfo.InvariantCulture),
        Value.KindOneofCase.List => $"[{string.Join(", ", value.List.Items.Select(Whole))}]",
        Value.KindOneofCase.Map => $"{{{string.Join(", ", value.Map.Items.Select(item => $"{item.Key}: {Whole(item.Value)}"))}}}",
        Value.KindOneofCase.Raw => Hex(value.Raw),
        _ => "",
    };

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private static DateTime Time(ulong nanos) => DateTime.UnixEpoch.AddTicks((long)(nanos / 100));
}
