using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TheBot.ChatApi.Transports.WebSockets;

internal static class SocketRegistration
{
    /// <summary>Both raw dialects, the heartbeat of v1, and an orderly leave when the host stops. Safe to call twice.</summary>
    public static IServiceCollection AddChatSockets(this IServiceCollection services)
    {
        services.AddOptions<V1Options>().BindConfiguration(V1Options.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<SocketServices>();
        services.TryAddSingleton<SocketDoor>();
        services.TryAddSingleton<SeedDoor>();
        services.TryAddSingleton<SubscribeTurns>();
        services.TryAddSingleton<V1Door>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, V1Heartbeat>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SocketFarewell>());
        return services;
    }
}
