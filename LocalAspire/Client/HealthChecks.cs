using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Client;

internal static class HealthChecks
{
    /// <summary>Two registrations may want the same check (Add and Enrich, two contexts of one name); the health check service refuses double names.</summary>
    public static void AddHealthCheckOnce(this IHostApplicationBuilder builder, string name, Action<IHealthChecksBuilder, string> add)
    {
        if (builder.Properties.TryAdd($"LocalAspire.HealthCheck.{name}", true))
            add(builder.Services.AddHealthChecks(), name);
    }
}

/// <summary>Healthy while the context's database answers.</summary>
internal sealed class DbContextHealthCheck<TContext>(IServiceScopeFactory scopes) : IHealthCheck where TContext : DbContext
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<TContext>().Database;
        return await database.CanConnectAsync(cancellationToken)
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(context.Registration.FailureStatus, $"The database of {typeof(TContext).Name} does not answer.");
    }
}
