using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.SignalR;

internal static class HubServices
{
    /// <summary>The hub, its JSON as the rest of the wire has it, and its backplane for hints on the Redis connection that everything uses.</summary>
    public static IServiceCollection AddChatHub(this IServiceCollection services)
    {
        services
            .AddSignalR(hub =>
            {
                hub.MaximumReceiveMessageSize = ChatLimits.FrameMaxBytes;
                hub.AddFilter<OwedAnswers>();
            })
            .AddJsonProtocol(json =>
            {
                json.PayloadSerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
                json.PayloadSerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(WireJson.Wire, new DefaultJsonTypeInfoResolver());
                json.PayloadSerializerOptions.Encoder = WireJson.Writer.Encoder;
            })
            .AddStackExchangeRedis(redis => redis.Configuration.ChannelPrefix = RedisChannel.Literal("thebot:hub"));
        services.RemoveAll<IHubProtocol>();
        services.AddSingleton<IHubProtocol>(provider => new AnsweringProtocol(ActivatorUtilities.CreateInstance<JsonHubProtocol>(provider)));
        services.AddOptions<RedisOptions>().Configure<IServiceProvider>((redis, provider) =>
            redis.ConnectionFactory = _ => Task.FromResult(provider.GetRequiredService<IConnectionMultiplexer>()));
        services.AddSingleton<IUserIdProvider, UserIds>();
        services.AddSingleton<DefaultHubLifetimeManager<ChatHub>>();
        // Not a service of its own, so that nobody disposes it: all it does then is to tell Redis that it listens no longer, which Redis sees by the
        // connection's end, and which ends the process with an error where Redis does not answer.
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TolerantHubLifetime>(
            provider, ActivatorUtilities.CreateInstance<RedisHubLifetimeManager<ChatHub>>(provider)));
        services.AddSingleton<HubLifetimeManager<ChatHub>>(provider => provider.GetRequiredService<TolerantHubLifetime>());
        return services;
    }

    public static void MapChatHub(this IEndpointRouteBuilder app) => app
        .MapHub<ChatHub>("/hubs/chat", options => options.Transports = HttpTransportType.WebSockets) // the others need every request at the same replica
        .RequireAuthorization();

    private sealed class UserIds : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) => connection.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)?.Value;
    }
}
