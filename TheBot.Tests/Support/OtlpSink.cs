using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TheBot.Tests.Support;

/// <summary>A collector that takes whatever is sent to it over OTLP/gRPC and keeps the bytes as they were on the wire.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    /// <summary>Bytes before a gRPC message: whether it is compressed, and its length.</summary>
    private const int GrpcHeader = 5;

    private readonly WebApplication _app;
    private readonly MemoryStream _traces = new();
    private readonly MemoryStream _logs = new();
    private readonly MemoryStream _metrics = new();

    private OtlpSink(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>The settings that make an API send everything here, and soon; also what an orchestrator sets that could lay secrets open.</summary>
    public (string Name, string Value)[] Settings =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", Address.ToString()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true"),
        ("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true"),
    ];

    /// <summary>Is called with every ExportMetricsServiceRequest.</summary>
    public Action<byte[]>? MetricsTaken { get; set; }

    public string Traces => Text(_traces);

    public string Logs => Text(_logs);

    public string Metrics => Text(_metrics);

    public static async Task<OtlpSink> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var sink = new OtlpSink(builder.Build());
        sink._app.Run(sink.TakeAsync);
        await sink._app.StartAsync(Deadline.Token());
        sink.Address = new Uri(sink._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return sink;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var kept = context.Request.Path.Value switch
        {
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => _traces,
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => _logs,
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => _metrics,
            var path => throw new InvalidOperationException($"no OTLP: {path}"),
        };
        var message = body.ToArray()[GrpcHeader..];
        lock (kept) kept.Write(message);
        if (kept == _metrics) MetricsTaken?.Invoke(message);

        // gRPC: an empty message behind its header, and the status in the trailer
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[GrpcHeader], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static string Text(MemoryStream bytes)
    {
        lock (bytes) return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
