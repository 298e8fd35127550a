using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Outgoing HTTP: services found by name, retries, time limits and a circuit breaker.</summary>
public static class Resilience
{
    /// <summary>Applies both to every <c>HttpClient</c> of the factory.</summary>
    public static TBuilder AddDiscoveryAndResilience<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
        return builder;
    }
}
