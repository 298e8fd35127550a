using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TheBot.ChatApi.Delivery;

/// <summary>A replica that leaves is not ready, however well it is: what is in front of it sends people elsewhere.</summary>
internal sealed class DrainHealth(Drain drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(drain.HasBegun
        ? HealthCheckResult.Unhealthy("this replica is about to stop")
        : HealthCheckResult.Healthy());
}
