using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.AddNpgsqlDbContext<ChatDb>("chatdb");
builder.AddRedisClient("redis");
var app = builder.Build();
var isWell = true;

app.UseWebSockets();
app.MapGet("/health", () => isWell ? Results.Ok() : Results.StatusCode(503));
app.MapGet("/pid", () => Environment.ProcessId);
app.MapGet("/host", (HttpRequest request) => request.Host.Value);
app.MapPost("/unwell", () => isWell = false);
app.MapGet("/redis", async (IConnectionMultiplexer redis) => (await redis.GetDatabase().PingAsync()) > TimeSpan.Zero);
app.MapGet("/database", async (ChatDb db) => await db.Database.SqlQuery<string>($"SELECT current_database()::text AS \"Value\"").SingleAsync());
app.Map("/echo", async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    var buffer = new byte[1024];
    while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
        await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
});
app.Run();

internal sealed class ChatDb(DbContextOptions<ChatDb> options) : DbContext(options);
