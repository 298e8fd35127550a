using Aspire.Hosting.ApplicationModel;
using LocalAspire.Dashboard.Otlp;
using LocalAspire.Dashboard.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LocalAspire.Dashboard.Web;

/// <summary>Resources as they change, their consoles, their commands, and their secrets on demand.</summary>
internal static class ResourceApi
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);
    private static readonly string[] Commands = [KnownResourceCommands.StartCommand, KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand];

    public static void Map(
        WebApplication app, DashboardOptions options, ResourceView resources, ResourceLoggerService logs, ResourceCommandService commands, TelemetryStore telemetry)
    {
        app.MapGet("/api/events", context => StreamAsync(context, options, resources, telemetry));
        app.MapGet("/api/resources/{id}/console", (HttpContext context, string id) => ConsoleAsync(context, id, resources, logs));
        app.MapGet("/api/resources/{id}/environment", (string id, string name) =>
            resources.Reveal(id, name) is { } value ? Results.Json(new { value }) : Results.NotFound());
        app.MapPost("/api/resources/{id}/{command}", async (string id, string command, CancellationToken cancellationToken) =>
        {
            if (!resources.Knows(id) || !Commands.Contains(command))
                return Results.NotFound();
            var result = await commands.ExecuteCommandAsync(id, command, cancellationToken);
            return result.Success ? Results.NoContent() : Results.Json(new { title = result.Message ?? "The command failed." }, statusCode: StatusCodes.Status409Conflict);
        });
    }

    /// <summary>The resources whenever they change, and how far the telemetry has come; the pages ask for the rest when they need it.</summary>
    private static async Task StreamAsync(HttpContext context, DashboardOptions options, ResourceView resources, TelemetryStore telemetry)
    {
        var ended = context.RequestAborted;
        var events = EventStream.Open(context);
        var seen = (Resources: -1L, Telemetry: (-1L, -1L, -1L));
        using var timer = new PeriodicTimer(Beat);
        try
        {
            await events.SendAsync("application", new { name = options.Application }, ended);
            do
            {
                var now = (Resources: resources.Revision, Telemetry: telemetry.Revisions);
                if (now.Resources != seen.Resources)
                    await events.SendAsync("resources", resources.All(), ended);
                if (now.Telemetry != seen.Telemetry)
                    await events.SendAsync("telemetry", new { logs = now.Telemetry.Logs, spans = now.Telemetry.Spans, metrics = now.Telemetry.Metrics }, ended);
                seen = now;
            }
            while (await timer.WaitForNextTickAsync(ended));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return; // the page is closed
        }
    }

    /// <summary>The kept lines, then each as it comes: [number, text, whether it is of standard error].</summary>
    private static async Task ConsoleAsync(HttpContext context, string id, ResourceView resources, ResourceLoggerService logs)
    {
        if (!resources.Knows(id))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var events = EventStream.Open(context);
        try
        {
            await events.SendAsync("open", id, context.RequestAborted);
            await foreach (var lines in logs.WatchAsync(id).WithCancellation(context.RequestAborted))
                await events.SendAsync("lines", lines.Select(line => new object[] { line.LineNumber, line.Content, line.IsErrorMessage }), context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return; // the page is closed
        }
    }
}
