using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Observability;

/// <summary>Ready = the database answers and its schema is at or beyond the one this build needs.</summary>
internal static class DatabaseHealth
{
    /// <summary>Shorter than the orchestrator's patience: a database that does not answer is reported, not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static IServiceCollection AddDatabaseHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<SchemaCheck>("database", HealthStatus.Unhealthy, [], Patience);
        return services;
    }

    private sealed class SchemaCheck(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = database.CreateCommand("""SELECT EXISTS (SELECT FROM "__EFMigrationsHistory" WHERE migration_id >= $1)""");
                command.Parameters.AddWithValue(ChatDbContext.RequiredMigration);
                return await command.ExecuteScalarAsync(cancellationToken) is true
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy($"the schema is older than {ChatDbContext.RequiredMigration}; run the migrator");
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                return HealthCheckResult.Unhealthy("the database does not answer, or has no schema yet", e);
            }
        }
    }
}
