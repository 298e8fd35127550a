using Microsoft.Extensions.Options;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Messages;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What every raw socket needs of the house.</summary>
internal sealed record SocketServices(
    Feeds Feeds,
    LiveLogins Logins,
    Announcer Announcer,
    Presence Presence,
    MessageWriter Writer,
    MessageActions Actions,
    ToldLimits Limits,
    RoomLog Log,
    IOptions<DeliveryOptions> Options,
    TimeProvider Time,
    ILogger<SocketServices> Logger);

internal static class ChatSockets
{
    // A dead peer is noticed after two of its clients' own heartbeats (30 s), as the old system's proxies expect.
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(30);

    /// <summary>Both raw dialects and the heartbeat of v1.</summary>
    public static IServiceCollection AddChatSockets(this IServiceCollection services)
    {
        services.AddOptions<V1Options>().BindConfiguration(V1Options.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ToldLimits>();
        services.AddSingleton<SocketServices>();
        services.AddSingleton<SocketDoor>();
        services.AddSingleton<SeedDoor>();
        services.AddSingleton<SubscribeTurns>();
        services.AddSingleton<V1Door>();
        services.AddHostedService<V1Heartbeat>();
        return services;
    }

    public static IApplicationBuilder UseChatSockets(this IApplicationBuilder app)
    {
        app.Use(SharedUpgrade.Install);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = PingEvery, KeepAliveTimeout = PongWithin });
        return app.Use(RefuseWhileLeaving);
    }

    /// <summary>
    /// A replica that leaves takes nobody in, in whatever dialect. Here a refusal before the upgrade is the right one: a proxy or client reads
    /// when to try again, and a browser comes back as from every broken connection.
    /// </summary>
    private static Task RefuseWhileLeaving(HttpContext context, RequestDelegate next)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.RequestServices.GetRequiredService<Drain>().HasBegun) return next(context);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        return Task.CompletedTask;
    }
}
