namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>What <c>AddNpgsqlDbContext</c> can be told by configuration or by its delegate.</summary>
public class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    public string? ConnectionString { get; set; }
    /// <summary>Off: commands are retried after transient failures.</summary>
    public bool DisableRetry { get; set; }
    public bool DisableHealthChecks { get; set; }
    public bool DisableTracing { get; set; }
    public bool DisableMetrics { get; set; }
    /// <summary>Seconds; null leaves Npgsql's own default.</summary>
    public int? CommandTimeout { get; set; }
}
