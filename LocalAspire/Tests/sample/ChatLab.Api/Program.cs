using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);
var isWell = true;
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
builder.AddNpgsqlDbContext<ChatDb>("chatdb");
builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true);
builder.Services.AddHealthChecks().AddCheck("well", () => isWell ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
var app = builder.Build();

app.UseWebSockets();
app.MapHealthChecks("/health");
app.MapGet("/pid", () => Environment.ProcessId);
app.MapGet("/host", (HttpRequest request) => request.Host.Value);
app.MapGet("/agent", (HttpRequest request) => request.Headers.UserAgent.ToString());
app.MapGet("/upgrade", (HttpResponse response) =>
{
    response.Headers.Upgrade = "websocket";
    return Results.StatusCode(StatusCodes.Status426UpgradeRequired);
});
app.MapPost("/unwell", () => isWell = false);
app.MapGet("/redis", async (IConnectionMultiplexer redis) => (await redis.GetDatabase().PingAsync()) > TimeSpan.Zero);
app.MapGet("/database", async (ChatDb db) => await db.Database.SqlQuery<string>($"SELECT current_database()::text AS \"Value\"").SingleAsync());
app.MapGet("/runs", async (ChatDb db) => await db.Database.SqlQuery<long>($"SELECT count(*) AS \"Value\" FROM runs").SingleAsync());
app.Map("/echo", async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    var buffer = new byte[1024];
    while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
        await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
});
app.Run();

internal sealed class ChatDb(DbContextOptions<ChatDb> options) : DbContext(options);
