using System.Globalization;
using LocalAspire.Dashboard.Otlp;

namespace LocalAspire.Dashboard.Tests;

/// <summary>What is kept, what is forgotten, and what is found.</summary>
public class TelemetryStoreTests
{
    private static readonly Origin First = new("chatapi", "chatapi-one");
    private static readonly Origin Second = new("chatapi", "chatapi-two");
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TelemetryStore _store = new();

    [Fact]
    public void The_newest_ten_thousand_logs_are_kept()
    {
        for (var i = 0; i < TelemetryStore.LogsMax + 5; i++)
            _store.Add([Log($"line {i}")]);

        var (newest, total) = _store.Logs(new LogFilter(null, 0, null, null), 3);
        Assert.Equal(10_000, total);
        Assert.Equal(["line 10004", "line 10003", "line 10002"], newest.Select(log => log.Message));
        Assert.DoesNotContain(_store.Logs(new LogFilter(null, 0, "line 4", null), 10_000).Newest, log => log.Message == "line 4");
        Assert.Contains(_store.Logs(new LogFilter(null, 0, "line 5", null), 10_000).Newest, log => log.Message == "line 5");
    }

    [Fact]
    public void Ten_thousand_traces_are_kept_and_of_an_endless_one_its_first_spans()
    {
        for (var i = 0; i < TelemetryStore.TracesMax + 5; i++)
            _store.Add([Span(i.ToString("x8", CultureInfo.InvariantCulture), "a", null)]);
        _store.Add(Enumerable.Range(0, TelemetryStore.SpansPerTraceMax + 5).Select(i => Span("endless", $"{i}", null)));

        Assert.Equal(10_000, _store.Traces(new TraceFilter(null, null, false, TimeSpan.Zero), 1).Total);
        Assert.Empty(_store.Spans("00000000"));
        Assert.NotEmpty(_store.Spans("00000006"));
        Assert.Equal(1_000, _store.Spans("endless").Count);
    }

    [Fact]
    public void Two_hundred_thousand_spans_are_kept_in_all_and_the_oldest_traces_go_first()
    {
        const int Traces = (TelemetryStore.SpansMax / TelemetryStore.SpansPerTraceMax) + 3;
        for (var i = 0; i < Traces; i++)
            _store.Add(Enumerable.Range(0, TelemetryStore.SpansPerTraceMax).Select(span => Span($"trace {i}", $"{span}", null)));

        Assert.Equal(200, _store.Traces(new TraceFilter(null, null, false, TimeSpan.Zero), 1).Total);
        Assert.Empty(_store.Spans("trace 2"));
        Assert.Equal(1_000, _store.Spans("trace 3").Count);
    }

    [Fact]
    public void Fifty_thousand_points_are_kept_of_each_replica()
    {
        var counter = new Instrument("m", "count", "", "", InstrumentKind.Gauge);
        for (var i = 0; i < MetricStore.PointsMax + 5; i++)
            _store.Metrics.Add(First, [Point(counter, i, i, ("shard", (i % 3).ToString(CultureInfo.InvariantCulture)))]);
        _store.Metrics.Add(Second, [Point(counter, 0, 1)]);

        var series = _store.Metrics.Series("m", "count", DateTime.MinValue);
        Assert.Equal(50_000, series.Where(one => one.Origin == First).Sum(one => one.Points.Count));
        Assert.Equal(5, series.Where(one => one.Origin == First).Min(one => one.Points[0].Value));
        Assert.Single(series, one => one.Origin == Second);
    }

    [Fact]
    public void A_series_of_which_nothing_is_left_is_gone()
    {
        _store.Metrics.Add(First, [Point(new Instrument("m", "old", "", "", InstrumentKind.Gauge), 0, 1)]);
        _store.Metrics.Add(First, Enumerable.Range(0, MetricStore.PointsMax).Select(i => Point(new Instrument("m", "new", "", "", InstrumentKind.Gauge), i, i)));
        Assert.Equal("new", Assert.Single(_store.Metrics.Instruments()).Instrument.Name);
    }

    [Fact]
    public void Logs_are_found_by_resource_replica_level_trace_and_words_in_message_or_fields()
    {
        _store.Add([Log("one") with { Origin = Second, Level = 4 }, Log("two") with { TraceId = "t" }, Log("three") with { Attributes = [new Field("room", "Needle")] }]);

        Assert.Equal(["one"], Found(new LogFilter("chatapi-two", 0, null, null)));
        Assert.Equal(["three", "two", "one"], Found(new LogFilter("chatapi", 0, null, null)));
        Assert.Equal([], Found(new LogFilter("migrator", 0, null, null)));
        Assert.Equal(["one"], Found(new LogFilter(null, 4, null, null)));
        Assert.Equal(["two"], Found(new LogFilter(null, 0, null, "t")));
        Assert.Equal(["three"], Found(new LogFilter(null, 0, "needle", null)));

        string[] Found(LogFilter filter) => [.. _store.Logs(filter, 10).Newest.Select(log => log.Message)];
    }

    [Fact]
    public void A_trace_is_summed_up_over_its_replicas_in_whatever_order_its_spans_come()
    {
        _store.Add([Span("t", "child", "root") with { Name = "deliver", Origin = Second, Start = Start.AddMilliseconds(5), End = Start.AddMilliseconds(9), IsError = true }]);
        _store.Add([Span("t", "root", null) with { Name = "send", End = Start.AddMilliseconds(4) }]);

        var trace = Assert.Single(_store.Traces(new TraceFilter("chatapi-two", "SEND", true, TimeSpan.FromMilliseconds(9)), 10).Newest);
        Assert.Equal(("send", First, 2, true, TimeSpan.FromMilliseconds(9)), (trace.Name, trace.Origin, trace.Spans, trace.HasError, trace.Duration));
        Assert.Equal([(First, false), (Second, true)], trace.Services.Select(item => (item.Origin, item.HasError)));
        Assert.Empty(_store.Traces(new TraceFilter(null, null, false, TimeSpan.FromMilliseconds(10)), 10).Newest);
        Assert.Equal(["root", "child"], _store.Spans("t").Select(span => span.SpanId));
    }

    [Fact]
    public void A_counter_is_shown_as_its_growth_also_over_a_restart()
    {
        var samples = new[] { (0, 100), (1, 110), (3, 130), (4, 7) }.Select(item => Sample(item.Item1, item.Item2));
        Assert.Equal([10, 10, 7], MetricCurve.Of(InstrumentKind.Counter, isDelta: false, samples, DateTime.MinValue).Select(point => point.Value));
    }

    [Fact]
    public void A_histogram_is_shown_as_quantiles_of_what_came_since_the_point_before()
    {
        double[] bounds = [1, 2, 4];
        Sample[] samples =
        [
            new(Start, 0, 1000, [1000, 0, 0, 0], bounds),
            new(Start.AddSeconds(2), 0, 1100, [1000, 50, 50, 0], bounds),
            new(Start.AddSeconds(3), 0, 1100, [1000, 50, 50, 0], bounds),
            new(Start.AddSeconds(4), 0, 10, [0, 0, 0, 10], bounds), // a process that began anew
        ];
        var curve = MetricCurve.Of(InstrumentKind.Histogram, isDelta: false, samples, DateTime.MinValue);
        Assert.Equal([50, 0, 10], curve.Select(point => point.Value));
        Assert.Equal([2, 3.6, 3.96], curve[0].Quantiles!.Select(value => Math.Round(value, 2)));
        Assert.Null(curve[1].Quantiles);
        Assert.Equal([4, 4, 4], curve[2].Quantiles!);
    }

    private static LogRecord Log(string message) => new(First, Start, 2, "Information", "Category", message, null, null, []);

    private static Span Span(string trace, string id, string? parent) => new(First, "", trace, id, parent, "span", "Internal", Start, Start, false, null, [], [], []);

    private static Sample Sample(int second, double value) => new(Start.AddSeconds(second), value, 0, [], []);

    private static MetricPoint Point(Instrument instrument, int second, double value, params (string Name, string Value)[] attributes) =>
        new(instrument, [.. attributes.Select(item => new Field(item.Name, item.Value))], false, Sample(second, value));
}
