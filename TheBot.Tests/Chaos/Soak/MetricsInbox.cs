using System.Collections.Concurrent;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>What replicas report of themselves: the newest value of each gauge and sum, by replica.</summary>
internal sealed class MetricsInbox : IAsyncDisposable
{
    private readonly OtlpSink _sink;
    private readonly ConcurrentDictionary<(string Replica, string Metric), double> _newest = new();

    private MetricsInbox(OtlpSink sink) => _sink = sink;

    /// <summary>What replicas have to be told to report here every second.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"{_sink.Address}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        ["OTEL_TRACES_SAMPLER"] = "always_off",
    };

    public static async Task<MetricsInbox> StartAsync()
    {
        var sink = await OtlpSink.StartAsync();
        var inbox = new MetricsInbox(sink);
        sink.MetricsTaken = inbox.Take;
        return inbox;
    }

    /// <summary>A metric over all replicas; null = none has reported it.</summary>
    public double? Total(string metric)
    {
        var values = _newest.Where(one => one.Key.Metric == metric).Select(one => one.Value).ToList();
        return values.Count == 0 ? null : values.Sum();
    }

    public ValueTask DisposeAsync() => _sink.DisposeAsync();

    /// <summary>ExportMetricsServiceRequest { 1: ResourceMetrics { 1: Resource { 1: attribute }, 2: ScopeMetrics { 2: Metric } } }</summary>
    private void Take(byte[] request)
    {
        foreach (var resourceMetrics in Protobuf.Messages(request, 1))
        {
            var replica = Protobuf.Messages(resourceMetrics, 1).SelectMany(resource => Protobuf.Messages(resource, 1))
                .Where(attribute => Protobuf.Text(attribute, 1) == "service.instance.id")
                .Select(attribute => Protobuf.Text(Protobuf.Messages(attribute, 2).Single(), 1)).SingleOrDefault() ?? "";
            foreach (var metric in Protobuf.Messages(resourceMetrics, 2).SelectMany(scope => Protobuf.Messages(scope, 2)))
            {
                // Metric { 1: name, 5: Gauge { 1: point }, 7: Sum { 1: point } }
                var points = Protobuf.Messages(metric, 5).Concat(Protobuf.Messages(metric, 7)).SelectMany(data => Protobuf.Messages(data, 1)).ToList();
                if (points.Count > 0) _newest[(replica, Protobuf.Text(metric, 1)!)] = points.Sum(Protobuf.PointValue);
            }
        }
    }
}
