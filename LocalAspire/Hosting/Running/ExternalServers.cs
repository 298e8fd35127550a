using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Npgsql;
using StackExchange.Redis;

namespace LocalAspire.Running;

/// <summary>
/// `ConnectionStrings:redis` in the AppHost's configuration names a server that somebody else runs: nothing is started for that resource, and
/// everything derived from it (host, port, password, URI) follows from the string.
/// </summary>
internal static class ExternalServers
{
    private const int RedisPort = 6379;

    public static void Apply(IResource resource, IConfiguration configuration)
    {
        if (configuration.GetConnectionString(resource.Name) is not { Length: > 0 } configured)
            return;
        switch (resource)
        {
            case RedisResource redis:
                Apply(redis, configured);
                break;
            case PostgresServerResource server:
                Apply(server, configured);
                break;
            case PostgresDatabaseResource database:
                database.External = configured;
                // its server is not ours then either
                if (database.Server.External is null)
                    Apply(database.Server, new NpgsqlConnectionStringBuilder(configured) { Database = null }.ConnectionString);
                break;
        }
    }

    private static void Apply(RedisResource redis, string configured)
    {
        redis.External = configured;
        if (ConfigurationOptions.Parse(configured).Password is { Length: > 0 } password)
            redis.PasswordParameter!.Override(password);
        else
            redis.PasswordParameter = null;
        // "localhost:6379,password=x"
        var address = new Uri($"redis://{configured.Split(',').First(part => !part.Contains('='))}");
        redis.PrimaryEndpoint.Annotation.Allocate(address.Host, address.Port < 0 ? RedisPort : address.Port);
    }

    private static void Apply(PostgresServerResource server, string configured)
    {
        server.External = configured;
        var options = new NpgsqlConnectionStringBuilder(configured);
        server.ExternalUserName = options.Username;
        server.PasswordParameter.Override(options.Password ?? "");
        server.PrimaryEndpoint.Annotation.Allocate(options.Host ?? "localhost", options.Port);
    }
}
