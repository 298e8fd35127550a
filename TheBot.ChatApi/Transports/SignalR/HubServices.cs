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
    /// <summary>The hub, its JSON as the rest of the wire has it, and its backplane on the Redis connection that everything uses.</summary>
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
            .AddStackExchangeRedis();
        services.AddOptions<RedisOptions>().Configure<IServiceProvider>((redis, provider) =>
            redis.ConnectionFactory = _ => Task.FromResult(provider.GetRequiredService<IConnectionMultiplexer>()));
        services.RemoveAll<IHubProtocol>();
        services.AddSingleton<IHubProtocol>(provider => new AnsweringProtocol(ActivatorUtilities.CreateInstance<JsonHubProtocol>(provider)));
        services.AddSingleton<HubBackplane>();
        services.AddSingleton<HubConnections>();
        services.AddSingleton<HubLifetimeManager<ChatHub>>(provider => provider.GetRequiredService<HubConnections>());
        return services;
    }

    public static void MapChatHub(this IEndpointRouteBuilder app) => app
        .MapHub<ChatHub>("/hubs/chat", options => options.Transports = HttpTransportType.WebSockets) // the others need every request at the same replica
        .RequireAuthorization();
}
