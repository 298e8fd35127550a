using Aspire.Hosting.ApplicationModel;
using LocalAspire.Dashboard.Otlp;
using LocalAspire.Dashboard.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LocalAspire.Dashboard.Web;

/// <summary>The pages and what they ask for. Only the login is open to everybody.</summary>
internal static class Pages
{
    public static ServerPlan Build(
        DashboardOptions options, ResourceView resources, ResourceLoggerService logs, ResourceCommandService commands, TelemetryStore telemetry) => new(
        HttpProtocols.Http1,
        static _ => { },
        app =>
        {
            var door = new Door(options);
            app.Use(SecurityHeaders);
            app.Use(door.CheckAsync);
            door.Map(app);
            ResourceApi.Map(app, options, resources, logs, commands, telemetry);
            TelemetryApi.Map(app, telemetry);
            EmbeddedFiles.Map(app);
        });

    private static Task SecurityHeaders(Microsoft.AspNetCore.Http.HttpContext context, Func<Task> next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer"; // the login's address has the token in it
        headers.CacheControl = "no-cache";
        return next();
    }
}
