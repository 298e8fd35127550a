using System.Collections.Concurrent;
using System.Net;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>Where replicas send their metrics (OTLP over HTTP, protobuf): keeps the newest value of each gauge and sum, by replica.</summary>
internal sealed class MetricsInbox : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<(string Replica, string Metric), double> _newest = new();
    private readonly Task _listening;
    private long _taken;

    public MetricsInbox()
    {
        _listener.Prefixes.Add($"{Address}");
        _listener.Start();
        _listening = ListenAsync();
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    /// <summary>What replicas have to be told to report here every second.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"{Address}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
    };

    /// <summary>Reports that came so far.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>A metric over all replicas; null = none has reported it.</summary>
    public double? Total(string metric)
    {
        var values = _newest.Where(one => one.Key.Metric == metric).Select(one => one.Value).ToList();
        return values.Count == 0 ? null : values.Sum();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _listening;
    }

    private async Task ListenAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                if (context.Request.Url?.AbsolutePath == "/v1/metrics") Take(body.ToArray());
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                if (!_listener.IsListening) return;
            }
        }
    }

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

        Interlocked.Increment(ref _taken);
    }
}
