using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using LocalAspire.Dashboard.Otlp;
using LocalAspire.Dashboard.Otlp.Wire;

namespace LocalAspire.Dashboard.Tests;

/// <summary>Telemetry over the wire: who may send it, and what becomes of it.</summary>
public sealed class OtlpReceiverTests : IAsyncLifetime
{
    private const string Key = "the key of this run";
    private const string Unauthenticated = "16";

    private readonly TelemetryStore _store = new();
    private LocalServer _server = null!;

    public async Task InitializeAsync() => _server = await LocalServer.StartAsync(0, OtlpReceiver.Build(Key, _store), CancellationToken.None);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("another key")]
    [InlineData("the key of this run and more")]
    public async Task Nothing_is_taken_without_the_key(string? key)
    {
        Assert.Equal(Unauthenticated, await ExportAsync("logs.v1.LogsService", Logs(new LogData { Body = new Value { Text = "hello" } }), key));
        Assert.Equal((0, 0, 0), _store.Revisions);
    }

    [Fact]
    public async Task A_log_record_arrives_with_its_level_fields_and_trace()
    {
        var record = new LogData { AtNanos = 1_700_000_000_123_456_700, Severity = 13, Body = new Value { Text = "slow" }, TraceId = Bytes("0102"), SpanId = Bytes("03") };
        record.Attributes.Add(Attribute("room", new Value { Whole = 42 }));
        record.Attributes.Add(Attribute("list", new Value { List = new Values { Items = { new Value { Flag = true }, new Value { Number = 1.5 } } } }));
        record.Attributes.Add(Attribute("long", new Value { Text = new string('x', 10_000) }));
        Assert.Equal("0", await ExportAsync("logs.v1.LogsService", Logs(record), Key));

        var kept = Assert.Single(_store.Logs(new LogFilter(null, 0, null, null), 10).Newest);
        Assert.Equal(("chatapi", "chatapi-abc"), (kept.Origin.Service, kept.Origin.Instance));
        Assert.Equal((3, "Warning", "slow", "Some.Category"), (kept.Level, kept.LevelName, kept.Message, kept.Category));
        Assert.Equal(("0102", "03"), (kept.TraceId, kept.SpanId));
        Assert.Equal([new Field("room", "42"), new Field("list", "[true, 1.5]"), new Field("long", $"{new string('x', 8_192)}…")], kept.Attributes);
        Assert.Equal(new DateTime(2023, 11, 14, 22, 13, 20, DateTimeKind.Utc).AddTicks(1_234_567), kept.At);
    }

    [Fact]
    public async Task A_span_arrives_with_its_parent_status_events_and_links()
    {
        var span = new SpanData
        {
            TraceId = Bytes("aa"),
            SpanId = Bytes("01"),
            ParentSpanId = Bytes("02"),
            Name = "chat.send",
            Kind = 5,
            StartNanos = 1_000_000_000,
            EndNanos = 1_250_000_000,
            Status = new SpanStatus { Code = 2, Message = "no" },
        };
        span.Events.Add(new SpanEvent { AtNanos = 1_100_000_000, Name = "exception" });
        span.Links.Add(new SpanLink { TraceId = Bytes("bb"), SpanId = Bytes("09") });
        var request = new ExportTrace { Sources = { new SourceSpans { Source = Chatapi(), Scopes = { new ScopeSpans { Scope = new Scope { Name = "TheBot.Chat" }, Spans = { span } } } } } };
        Assert.Equal("0", await ExportAsync("trace.v1.TraceService", request, Key));

        var kept = Assert.Single(_store.Spans("aa"));
        Assert.Equal(("chat.send", "Consumer", "02", true, "no", "TheBot.Chat"), (kept.Name, kept.Kind, kept.ParentSpanId, kept.IsError, kept.Status, kept.Scope));
        Assert.Equal(TimeSpan.FromMilliseconds(250), kept.End - kept.Start);
        Assert.Equal("exception", Assert.Single(kept.Events).Name);
        Assert.Equal(new SpanReference("bb", "09"), Assert.Single(kept.Links));
    }

    [Fact]
    public async Task Counters_gauges_and_histograms_arrive()
    {
        var metrics = new ScopeMetrics { Scope = new Scope { Name = "TheBot.Chat" } };
        metrics.Metrics.Add(new MetricData { Name = "count", Sum = new Numbers { IsMonotonic = true, Temporality = 2, Points = { new NumberPoint { AtNanos = 1_000_000_000, Whole = 3 } } } });
        metrics.Metrics.Add(new MetricData { Name = "level", Gauge = new Numbers { Points = { new NumberPoint { AtNanos = 1_000_000_000, Number = 0.5 } } } });
        metrics.Metrics.Add(new MetricData
        {
            Name = "lag",
            Unit = "s",
            Histogram = new Histograms { Temporality = 2, Points = { new HistogramPoint { AtNanos = 1_000_000_000, Count = 3, Sum = 0.6, Buckets = { 1, 2, 0 }, Bounds = { 0.1, 0.5 } } } },
        });
        Assert.Equal("0", await ExportAsync("metrics.v1.MetricsService", new ExportMetrics { Sources = { new SourceMetrics { Source = Chatapi(), Scopes = { metrics } } } }, Key));

        Assert.Equal(
            [("count", InstrumentKind.Counter), ("lag", InstrumentKind.Histogram), ("level", InstrumentKind.Gauge)],
            _store.Metrics.Instruments().Select(item => (item.Instrument.Name, item.Instrument.Kind)));
        Assert.Equal(0.5, Assert.Single(Assert.Single(_store.Metrics.Series("TheBot.Chat", "level", DateTime.UnixEpoch)).Points).Value);
    }

    private static ExportLogs Logs(LogData record) =>
        new() { Sources = { new SourceLogs { Source = Chatapi(), Scopes = { new ScopeLogs { Scope = new Scope { Name = "Some.Category" }, Records = { record } } } } } };

    private static Source Chatapi() => new()
    {
        Attributes = { Attribute("service.name", new Value { Text = "chatapi" }), Attribute("service.instance.id", new Value { Text = "abc" }) },
    };

    private static Otlp.Wire.Attribute Attribute(string key, Value value) => new() { Key = key, Value = value };

    private static ByteString Bytes(string hex) => ByteString.CopyFrom(Convert.FromHexString(hex));

    /// <summary>A call as any exporter makes it; the answer is its gRPC status.</summary>
    private async Task<string> ExportAsync(string service, IMessage message, string? key)
    {
        var payload = message.ToByteArray();
        var frame = new byte[5 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_server.Url}/opentelemetry.proto.collector.{service}/Export")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        if (key is not null)
            request.Headers.Add(OtlpReceiver.KeyHeader, key);
        using var response = await client.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return (response.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer : response.Headers.GetValues("grpc-status")).Single();
    }
}
