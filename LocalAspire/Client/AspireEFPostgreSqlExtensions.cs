using Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;
using LocalAspire.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Microsoft.Extensions.Hosting;

public static class AspireEFPostgreSqlExtensions
{
    private const string Section = "Aspire:Npgsql:EntityFrameworkCore:PostgreSQL";

    /// <summary>A pooled context with retries, a health check named after the context, traces and metrics.</summary>
    public static void AddNpgsqlDbContext<TContext>(this IHostApplicationBuilder builder, string connectionName,
        Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null,
        Action<DbContextOptionsBuilder>? configureDbContextOptions = null) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        if (IsRegistered<TContext>(builder))
            throw new InvalidOperationException($"{typeof(TContext).Name} is registered already; use EnrichNpgsqlDbContext to add to that registration.");

        var settings = ReadSettings<TContext>(builder, connectionName);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddDbContextPool<TContext>(options =>
        {
            // judged when the first context is asked for, so that a host without a database still starts, logs and says why;
            // design-time tools (dotnet ef) need a model but no server
            if (string.IsNullOrWhiteSpace(settings.ConnectionString) && !EF.IsDesignTime)
            {
                throw new InvalidOperationException($"{typeof(TContext).Name} has no connection string: set ConnectionStrings:{connectionName}, "
                    + $"or ConnectionString below {Section} or {Section}:{typeof(TContext).Name}.");
            }

            options.UseNpgsql(settings.ConnectionString, npgsql => Apply(npgsql, settings, retry: !settings.DisableRetry));
            configureDbContextOptions?.Invoke(options);
        });
        AddObservation<TContext>(builder, settings);
    }

    /// <summary>The same retries, health check and telemetry for a context the application registered itself.</summary>
    public static void EnrichNpgsqlDbContext<TContext>(this IHostApplicationBuilder builder,
        Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!IsRegistered<TContext>(builder))
            throw new InvalidOperationException($"{typeof(TContext).Name} is not registered; register it before {nameof(EnrichNpgsqlDbContext)}.");

        var settings = ReadSettings<TContext>(builder, connectionName: null);
        configureSettings?.Invoke(settings);

        builder.Services.ConfigureDbContext<TContext>(options =>
        {
            // an execution strategy the application chose stays
            var ownStrategy = RelationalOptionsExtension.Extract(options.Options).ExecutionStrategyFactory is not null;
            options.UseNpgsql(npgsql => Apply(npgsql, settings, retry: !settings.DisableRetry && !ownStrategy));
        });
        AddObservation<TContext>(builder, settings);
    }

    private static bool IsRegistered<TContext>(IHostApplicationBuilder builder) where TContext : DbContext =>
        builder.Services.Any(service => service.ServiceType == typeof(DbContextOptions<TContext>));

    private static NpgsqlEntityFrameworkCorePostgreSQLSettings ReadSettings<TContext>(IHostApplicationBuilder builder, string? connectionName)
    {
        var settings = new NpgsqlEntityFrameworkCorePostgreSQLSettings();
        var section = builder.Configuration.GetSection(Section);
        section.Bind(settings);
        if (connectionName is not null)
            section.GetSection(connectionName).Bind(settings);
        section.GetSection(typeof(TContext).Name).Bind(settings);
        return settings;
    }

    private static void Apply(NpgsqlDbContextOptionsBuilder npgsql, NpgsqlEntityFrameworkCorePostgreSQLSettings settings, bool retry)
    {
        if (retry)
            npgsql.EnableRetryOnFailure();
        if (settings.CommandTimeout is { } seconds)
            npgsql.CommandTimeout(seconds);
    }

    private static void AddObservation<TContext>(IHostApplicationBuilder builder, NpgsqlEntityFrameworkCorePostgreSQLSettings settings) where TContext : DbContext
    {
        if (!settings.DisableHealthChecks)
            builder.AddHealthCheckOnce(typeof(TContext).Name, (checks, name) => checks.AddCheck<DbContextHealthCheck<TContext>>(name));
        if (!settings.DisableTracing)
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddNpgsql());
        if (!settings.DisableMetrics)
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Npgsql"));
    }
}
