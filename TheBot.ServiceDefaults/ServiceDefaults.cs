using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the product does alike: telemetry, health, service discovery, resilient outgoing HTTP.</summary>
public static class ServiceDefaults
{
    /// <summary>Registers all of it.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.AddDefaultHealthChecks();
        builder.AddDiscoveryAndResilience();
        return builder;
    }
}
