using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port) => builder.AddRedis(name, port, null);

    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        // no special characters: a comma would end the password inside StackExchange.Redis' connection string
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var redis = new RedisResource(name, secret);
        string? connectionString = null;
        builder.Services.AddHealthChecks().AddRedis(_ => connectionString ??= PostgresBuilderExtensions.Now(redis.GetConnectionStringAsync()), name: $"{name}_check");
        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: 6379, scheme: "redis", name: "tcp")
            .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/redis", Tag = "8.6" })
            .WithEnvironment(context =>
            {
                if (redis.PasswordParameter is { } value)
                    context.EnvironmentVariables["REDIS_PASSWORD"] = value;
            })
            .WithAnnotation(new CommandLineArgsCallbackAnnotation(args =>
            {
                var command = redis.PasswordParameter is null ? "redis-server" : "redis-server --requirepass $REDIS_PASSWORD";
                if (redis.TryGetLastAnnotation<RedisPersistenceAnnotation>(out var persistence))
                    command += string.Create(CultureInfo.InvariantCulture, $" --save {persistence.Interval.TotalSeconds} {persistence.KeysChanged}");
                args.Add("-c");
                args.Add(command);
            }))
            .WithHealthCheck($"{name}_check");
    }

    /// <summary>A volume brings snapshots with it, as in the real package: without them it would stay empty.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        builder.WithVolume(name, "/data", isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    public static IResourceBuilder<RedisResource> WithPersistence(this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) =>
        builder.WithAnnotation(new RedisPersistenceAnnotation(interval ?? TimeSpan.FromSeconds(60), keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);

    public static IResourceBuilder<RedisResource> WithHostPort(this IResourceBuilder<RedisResource> builder, int? port) =>
        builder.WithEndpoint("tcp", endpoint => endpoint.Port = port);
}
