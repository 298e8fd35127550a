using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>The two probes: <c>/health</c> (ready for work) and <c>/alive</c> (not stuck), in every environment, because the orchestrator asks for them.</summary>
public static class Health
{
    private const string ReadyPath = "/health";
    private const string AlivePath = "/alive";
    private const string Live = "live";

    /// <summary>A check that answers as long as the process does.</summary>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        return builder;
    }

    /// <summary>Maps both probes. Degraded is still 200: it means slower or with less, not "send people elsewhere".</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapHealthChecks(ReadyPath, new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks(AlivePath, new HealthCheckOptions { ResponseWriter = WriteAsync, Predicate = check => check.Tags.Contains(Live) }).AllowAnonymous();
        return app;
    }

    internal static bool IsProbe(PathString path) => path.StartsWithSegments(ReadyPath) || path.StartsWithSegments(AlivePath);

    /// <summary><c>{"status":"Healthy","checks":{"self":"Healthy"}}</c>: what is wrong, not why; the reasons are in the log, not on an open address.</summary>
    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries) json.WriteString(name, entry.Status.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
