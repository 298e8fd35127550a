using TheBot.ChatApi.Messages;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

internal static class DeliveryServices
{
    /// <summary>Feeds, bell, sweeper and presence; the one who listens to what Messages and the roster have committed; and an orderly leave.</summary>
    public static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddOptions<DeliveryOptions>().BindConfiguration(DeliveryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Feeds>();
        services.AddSingleton<TypingHints>();
        services.AddSingleton<Bell>();
        services.AddHostedService(provider => provider.GetRequiredService<Bell>());
        services.AddHostedService<Sweeper>();
        services.AddSingleton<LiveLogins>();
        services.AddHostedService<LoginExpiry>();
        services.AddSingleton<Announcer>();
        services.AddSingleton<Presence>();
        services.AddHostedService(provider => provider.GetRequiredService<Presence>());
        services.AddSingleton<ICommittedEvents>(provider => provider.GetRequiredService<Announcer>());
        services.AddSingleton<IReadMarkerListener>(provider => provider.GetRequiredService<Announcer>());
        services.AddSingleton<Drain>();
        services.AddSingleton<IHostLifetime, DrainingLifetime>();
        // with its defaults a drain (5 + 2 s) and this together stay below the 30 s that orchestrators grant; only a database that does not answer takes as long
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        services.AddHealthChecks().AddCheck<BellHealth>("redis").AddCheck<DrainHealth>("serving");
        return services;
    }
}
