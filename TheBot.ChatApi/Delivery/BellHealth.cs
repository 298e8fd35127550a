using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TheBot.ChatApi.Delivery;

/// <summary>A silent bell makes delivery slower and loses nothing: degraded, never unhealthy.</summary>
internal sealed class BellHealth(Bell bell) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(bell.Rings
        ? HealthCheckResult.Healthy()
        : HealthCheckResult.Degraded("Redis does not carry the bell; messages to other replicas go by the sweep"));
}
