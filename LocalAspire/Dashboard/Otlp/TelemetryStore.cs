namespace LocalAspire.Dashboard.Otlp;

/// <summary>The newest telemetry, in memory and bounded: 10,000 log records, 10,000 traces of at most 1,000 spans and 200,000 spans in all, 50,000 points per resource.</summary>
internal sealed class TelemetryStore
{
    public const int LogsMax = 10_000;
    public const int TracesMax = 10_000;
    public const int SpansPerTraceMax = 1_000;
    public const int SpansMax = 200_000;

    private readonly Lock _gate = new();
    private readonly Queue<LogRecord> _logs = new();
    private readonly Dictionary<string, Trace> _traces = [];
    private readonly Queue<string> _traceOrder = new();
    private long _logCount;
    private long _spanCount;
    private int _keptSpans;

    public MetricStore Metrics { get; } = new();

    /// <summary>Change when something came; never go back.</summary>
    public (long Logs, long Spans, long Metrics) Revisions => (Volatile.Read(ref _logCount), Volatile.Read(ref _spanCount), Metrics.Revision);

    public void Add(IEnumerable<LogRecord> records)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                _logs.Enqueue(record with { Number = ++_logCount });
                if (_logs.Count > LogsMax)
                    _logs.Dequeue();
            }
        }
    }

    public void Add(IEnumerable<Span> spans)
    {
        lock (_gate)
        {
            foreach (var span in spans)
            {
                _spanCount++;
                if (!_traces.TryGetValue(span.TraceId, out var trace))
                {
                    _traces.Add(span.TraceId, trace = new Trace(span.TraceId));
                    _traceOrder.Enqueue(span.TraceId);
                }

                if (trace.TryAdd(span))
                    _keptSpans++;
                while (_traceOrder.Count > TracesMax || _keptSpans > SpansMax)
                    ForgetOldest();
            }
        }
    }

    private void ForgetOldest()
    {
        if (_traces.Remove(_traceOrder.Dequeue(), out var trace))
            _keptSpans -= trace.Spans.Count;
    }

    /// <summary>Those that fit, newest first, and how many fit in all.</summary>
    public (IReadOnlyList<LogRecord> Newest, int Total) Logs(LogFilter filter, int limit)
    {
        lock (_gate)
        {
            var fitting = _logs.Where(filter.Fits).Reverse().ToList();
            return ([.. fitting.Take(limit)], fitting.Count);
        }
    }

    /// <summary>Those that fit, newest first, and how many fit in all.</summary>
    public (IReadOnlyList<TraceSummary> Newest, int Total) Traces(TraceFilter filter, int limit)
    {
        lock (_gate)
        {
            var fitting = _traces.Values.Select(trace => trace.Summary).Where(filter.Fits).OrderByDescending(trace => trace.Start).ToList();
            return ([.. fitting.Take(limit)], fitting.Count);
        }
    }

    /// <summary>Its spans by their beginning; empty = not known, or forgotten.</summary>
    public IReadOnlyList<Span> Spans(string traceId)
    {
        lock (_gate)
            return _traces.TryGetValue(traceId, out var trace) ? [.. trace.Spans.OrderBy(span => span.Start)] : [];
    }

    /// <summary>All that ever sent something, by the newest telemetry.</summary>
    public IReadOnlyList<Origin> Origins()
    {
        lock (_gate)
            return [.. _logs.Select(log => log.Origin).Concat(_traces.Values.SelectMany(trace => trace.Spans.Select(span => span.Origin))).Distinct().OrderBy(origin => origin.Instance)];
    }

    private sealed class Trace(string id)
    {
        private readonly List<Span> _spans = [];
        private TraceSummary? _summary;

        public IReadOnlyList<Span> Spans => _spans;

        public TraceSummary Summary => _summary ??= Summarise();

        public bool TryAdd(Span span)
        {
            if (_spans.Count == SpansPerTraceMax)
                return false;
            _spans.Add(span);
            _summary = null;
            return true;
        }

        private TraceSummary Summarise()
        {
            // the root may not have come yet: then the earliest stands for it
            var root = _spans.Where(span => span.ParentSpanId is null).MinBy(span => span.Start) ?? _spans.MinBy(span => span.Start)!;
            var start = _spans.Min(span => span.Start);
            var services = _spans.GroupBy(span => span.Origin).Select(group => new TraceShare(group.Key, group.Count(), group.Any(span => span.IsError)));
            return new TraceSummary(id, root.Name, root.Origin, start, _spans.Max(span => span.End) - start, _spans.Count, _spans.Any(span => span.IsError), [.. services.OrderBy(item => item.Origin.Instance)]);
        }
    }
}

internal sealed record TraceShare(Origin Origin, int Spans, bool HasError);

internal sealed record TraceSummary(string Id, string Name, Origin Origin, DateTime Start, TimeSpan Duration, int Spans, bool HasError, IReadOnlyList<TraceShare> Services);

/// <summary>Null or empty = any. A resource fits by its name or by a replica's id.</summary>
internal sealed record LogFilter(string? Resource, int MinLevel, string? Text, string? TraceId)
{
    public bool Fits(LogRecord record) =>
        record.Level >= MinLevel
        && (string.IsNullOrEmpty(Resource) || record.Origin.Service == Resource || record.Origin.Instance == Resource)
        && (string.IsNullOrEmpty(TraceId) || record.TraceId == TraceId)
        && (string.IsNullOrEmpty(Text) || Has(record.Message) || Has(record.Category) || record.Attributes.Any(item => Has(item.Value)));

    private bool Has(string where) => where.Contains(Text!, StringComparison.OrdinalIgnoreCase);
}

/// <inheritdoc cref="LogFilter"/>
internal sealed record TraceFilter(string? Resource, string? Text, bool ErrorsOnly, TimeSpan MinDuration)
{
    public bool Fits(TraceSummary trace) =>
        (!ErrorsOnly || trace.HasError)
        && trace.Duration >= MinDuration
        && (string.IsNullOrEmpty(Resource) || trace.Services.Any(item => item.Origin.Service == Resource || item.Origin.Instance == Resource))
        && (string.IsNullOrEmpty(Text) || trace.Name.Contains(Text, StringComparison.OrdinalIgnoreCase) || trace.Id.StartsWith(Text, StringComparison.OrdinalIgnoreCase));
}
