using HealthChecks.Redis;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        // no special characters: a comma would end the password inside StackExchange.Redis' connection string
        var secret = password?.Resource ?? builder.NewPassword($"{name}-password", special: false);
        var redis = new RedisResource(name, secret);
        return builder.AddResource(redis)
            .With(new EndpointAnnotation("tcp", "redis") { Port = port, TargetPort = 6379 })
            .With(new ArgumentsAnnotation(["-c", "redis-server --requirepass $REDIS_PASSWORD"]))
            .With(new EnvironmentAnnotation((variables, _) => variables["REDIS_PASSWORD"] = secret))
            .With(HealthMonitor.Check($"{name}_check", () => new RedisHealthCheck(redis.ConnectionStringExpression.GetValue())));
    }
}
