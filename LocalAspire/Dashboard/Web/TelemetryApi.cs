using LocalAspire.Dashboard.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LocalAspire.Dashboard.Web;

/// <summary>Logs, traces and metrics by what the pages filter for.</summary>
internal static class TelemetryApi
{
    private const int RowsMax = 1_000;
    private const int MinutesMax = 60;

    public static void Map(WebApplication app, TelemetryStore telemetry)
    {
        app.MapGet("/api/origins", () => Json(telemetry.Origins()));
        app.MapGet("/api/logs", (string? resource, int? level, string? text, string? trace, int? limit) =>
        {
            var (newest, total) = telemetry.Logs(new LogFilter(resource, level ?? 0, text, trace), Rows(limit));
            return Json(new { total, items = newest });
        });
        app.MapGet("/api/traces", (string? resource, string? text, bool? errors, double? minMs, int? limit) =>
        {
            var filter = new TraceFilter(resource, text, errors ?? false, TimeSpan.FromMilliseconds(double.IsFinite(minMs ?? 0) ? Math.Clamp(minMs ?? 0, 0, 1e9) : 0));
            var (newest, total) = telemetry.Traces(filter, Rows(limit));
            return Json(new { total, items = newest.Select(trace => new { trace.Id, trace.Name, trace.Origin, trace.Start, ms = trace.Duration.TotalMilliseconds, trace.Spans, trace.HasError, trace.Services }) });
        });
        app.MapGet("/api/traces/{id}", (string id) => telemetry.Spans(id) is { Count: > 0 } spans
            ? Json(new { id, spans = spans.Select(span => Show(span, spans[0].Start)), logs = telemetry.Logs(new LogFilter(null, 0, null, id), RowsMax).Newest })
            : Results.NotFound());
        app.MapGet("/api/metrics", () => Json(telemetry.Metrics.Instruments().Select(item => new
        {
            item.Instrument.Meter,
            item.Instrument.Name,
            item.Instrument.Description,
            item.Instrument.Unit,
            kind = item.Instrument.Kind.ToString(),
            item.Origins,
        })));
        app.MapGet("/api/metrics/series", (string meter, string name, int? minutes) =>
            Json(telemetry.Metrics.Series(meter, name, DateTime.UtcNow.AddMinutes(-Math.Clamp(minutes ?? 5, 1, MinutesMax)))));
    }

    private static object Show(Span span, DateTime start) => new
    {
        span.Origin,
        span.Scope,
        span.SpanId,
        span.ParentSpanId,
        span.Name,
        span.Kind,
        at = span.Start,
        fromMs = (span.Start - start).TotalMilliseconds,
        ms = (span.End - span.Start).TotalMilliseconds,
        span.IsError,
        span.Status,
        span.Attributes,
        span.Events,
        span.Links,
    };

    private static int Rows(int? limit) => Math.Clamp(limit ?? 200, 1, RowsMax);

    private static IResult Json(object value) => Results.Json(value, EventStream.Json);
}
