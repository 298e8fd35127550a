using Aspire.StackExchange.Redis;
using LocalAspire.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

public static class AspireRedisExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>A singleton <see cref="IConnectionMultiplexer"/> with a health check and traces. It connects at first use.</summary>
    public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        var section = builder.Configuration.GetSection(Section);
        var named = section.GetSection(connectionName);
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        named.Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionMultiplexer>(services =>
        {
            // an outage at start is retried in the background instead of failing the process, unless the connection string says otherwise
            var options = ConfigurationOptions.Parse($"abortConnect=false,{settings.ConnectionString}");
            section.GetSection("ConfigurationOptions").Bind(options);
            named.GetSection("ConfigurationOptions").Bind(options);
            configureOptions?.Invoke(options);
            if (options.EndPoints.Count == 0)
                throw new InvalidOperationException($"Redis has no endpoint: set ConnectionStrings:{connectionName}, or ConnectionString below {Section}.");

            options.LoggerFactory ??= services.GetService<ILoggerFactory>();
            var connection = ConnectionMultiplexer.Connect(options);
            if (!settings.DisableTracing)
                services.GetRequiredService<RedisCommandSpans>().Observe(connection);
            return connection;
        });
        if (!settings.DisableAutoActivation)
            builder.Services.AddHostedService<OpenAtStart>();
        if (!settings.DisableTracing)
        {
            builder.Services.AddSingleton<RedisCommandSpans>();
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(RedisCommandSpans.SourceName));
        }

        if (!settings.DisableHealthChecks)
            builder.Services.AddHealthChecks().AddRedis(services => services.GetRequiredService<IConnectionMultiplexer>(), "StackExchange.Redis");
    }

    private sealed class OpenAtStart(IServiceProvider services) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(services.GetRequiredService<IConnectionMultiplexer>, stoppingToken);
    }
}
