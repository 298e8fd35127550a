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
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null) =>
        Add(builder, connectionName, serviceKey: null, configureSettings, configureOptions);

    /// <summary>The same under the service key <paramref name="name"/>, which names the connection string too.</summary>
    public static void AddKeyedRedisClient(this IHostApplicationBuilder builder, string name,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null) =>
        Add(builder, name, serviceKey: name, configureSettings, configureOptions);

    private static void Add(IHostApplicationBuilder builder, string connectionName, string? serviceKey,
        Action<StackExchangeRedisSettings>? configureSettings, Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var section = builder.Configuration.GetSection(Section);
        var named = section.GetSection(connectionName);
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        named.Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        IConnectionMultiplexer Connect(IServiceProvider services)
        {
            var options = Parse(settings.ConnectionString);
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
        }

        if (serviceKey is null)
            builder.Services.AddSingleton(Connect);
        else
            builder.Services.AddKeyedSingleton(serviceKey, (services, _) => Connect(services));

        IConnectionMultiplexer Resolve(IServiceProvider services) => services.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey);

        if (!settings.DisableAutoActivation)
            builder.Services.AddHostedService(services => new OpenAtStart(() => Resolve(services)));
        if (!settings.DisableTracing)
        {
            builder.Services.AddSingleton<RedisCommandSpans>();
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(RedisCommandSpans.SourceName));
        }

        if (!settings.DisableHealthChecks)
        {
            var checkName = serviceKey is null ? "StackExchange.Redis" : $"StackExchange.Redis_{connectionName}";
            builder.AddHealthCheckOnce(checkName, (checks, name) => checks.AddRedis(Resolve, name));
        }
    }

    /// <summary>An outage at start is retried in the background instead of failing the process, unless the connection string asks otherwise.</summary>
    private static ConfigurationOptions Parse(string? connectionString)
    {
        var options = string.IsNullOrWhiteSpace(connectionString) ? new ConfigurationOptions() : ConfigurationOptions.Parse(connectionString);
        if (connectionString?.Contains("abortConnect", StringComparison.OrdinalIgnoreCase) != true)
            options.AbortOnConnectFail = false;
        return options;
    }

    private sealed class OpenAtStart(Func<IConnectionMultiplexer> open) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Run(open, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
