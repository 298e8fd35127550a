namespace LocalAspire.Dashboard.Otlp;

/// <param name="Service">The resource's name in the graph.</param>
/// <param name="Instance">The id of the replica.</param>
internal sealed record Origin(string Service, string Instance);

internal readonly record struct Field(string Name, string Value);

/// <param name="Level">0 trace - 5 critical.</param>
internal sealed record LogRecord(
    Origin Origin, DateTime At, int Level, string LevelName, string Category, string Message, string? TraceId, string? SpanId, IReadOnlyList<Field> Attributes)
{
    /// <summary>Counts up over all logs, in the order of arrival.</summary>
    public long Number { get; init; }
}

internal sealed record Span(
    Origin Origin,
    string Scope,
    string TraceId,
    string SpanId,
    string? ParentSpanId,
    string Name,
    string Kind,
    DateTime Start,
    DateTime End,
    bool IsError,
    string? Status,
    IReadOnlyList<Field> Attributes,
    IReadOnlyList<SpanMoment> Events,
    IReadOnlyList<SpanReference> Links);

internal sealed record SpanMoment(DateTime At, string Name, IReadOnlyList<Field> Attributes);

internal sealed record SpanReference(string TraceId, string SpanId);

internal enum InstrumentKind
{
    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>A value that only grows; its growth is what is shown.</summary>
    Counter,

    Histogram,
}

internal sealed record Instrument(string Meter, string Name, string Description, string Unit, InstrumentKind Kind);

/// <param name="Value">A number's value, a histogram's sum.</param>
/// <param name="Buckets">Counts between the bounds; one more than there are bounds.</param>
internal sealed record Sample(DateTime At, double Value, long Count, long[] Buckets, double[] Bounds);

internal sealed record MetricPoint(Instrument Instrument, IReadOnlyList<Field> Attributes, bool IsDelta, Sample Sample);
