using Aspire.Hosting.ApplicationModel;
using HealthChecks.Redis;
using LocalAspire.Running;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        // no special characters: a comma would end the password inside StackExchange.Redis' connection string
        var secret = password?.Resource ?? builder.NewPassword($"{name}-password", special: false);
        var redis = new RedisResource(name, secret);
        redis.Annotations.Add(new EndpointAnnotation("tcp", "redis") { Port = port, TargetPort = 6379 });
        redis.Annotations.Add(new ContainerAnnotation("docker.io/library/redis:8.6", "/bin/sh"));
        redis.Annotations.Add(new ArgumentsAnnotation(["-c", "redis-server --requirepass $REDIS_PASSWORD"]));
        redis.Annotations.Add(new EnvironmentAnnotation(variables => variables["REDIS_PASSWORD"] = secret));
        redis.Annotations.Add(HealthMonitor.Check($"{name}_check",
            async cancellationToken => new RedisHealthCheck((await redis.ConnectionStringExpression.GetValueAsync(cancellationToken))!)));
        return builder.AddResource(redis);
    }
}
