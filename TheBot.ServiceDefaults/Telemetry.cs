using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>OpenTelemetry: logs, metrics and traces, sent where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says.</summary>
public static class Telemetry
{
    /// <summary>Registers the three signals and the exporter, if there is somewhere to send them: what nobody collects costs nothing.</summary>
    public static TBuilder AddTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return builder;

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        // Old clients carry their token in the query, and an orchestrator may ask for queries as they are.
        builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "false";
        builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "false";

        // Meters and sources of our own are all called TheBot.*
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("TheBot.*"))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                .AddSource("TheBot.*")
                .AddSource("Microsoft.AspNetCore.SignalR.Server")
                .AddAspNetCoreInstrumentation(requests => requests.Filter = IsWorthASpan)
                .AddHttpClientInstrumentation());

        // On the way out each signal is flushed in turn: with the default of 10 s a collector that is away holds up every restart.
        builder.Configuration["OTEL_EXPORTER_OTLP_TIMEOUT"] ??= "1000";
        builder.Services.AddOpenTelemetry().UseOtlpExporter();
        return builder;
    }

    /// <summary>Not the probes, which come every few seconds, nor a socket's request, which ends when the person goes home.</summary>
    private static bool IsWorthASpan(HttpContext context) =>
        !Health.IsProbe(context.Request.Path)
        && !HttpMethods.IsConnect(context.Request.Method)
        && !context.Request.Headers.Upgrade.Contains("websocket", StringComparer.OrdinalIgnoreCase);
}
