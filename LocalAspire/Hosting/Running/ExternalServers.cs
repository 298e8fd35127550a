using System.Net;
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
    public static void Apply(IResource resource, IConfiguration configuration)
    {
        var explicitly = configuration.GetConnectionString(resource.Name);
        if (string.IsNullOrWhiteSpace(explicitly))
            return;
        switch (resource)
        {
            case RedisResource redis:
                Apply(redis, explicitly);
                break;
            case PostgresServerResource server:
                Apply(server, explicitly);
                break;
            case PostgresDatabaseResource database:
                database.External = explicitly;
                // its server is not ours then either
                if (database.Parent.External is null)
                    Apply(database.Parent, new NpgsqlConnectionStringBuilder(explicitly) { Database = null }.ConnectionString);
                break;
        }
    }

    private static void Apply(RedisResource redis, string connectionString)
    {
        redis.External = connectionString;
        var options = ConfigurationOptions.Parse(connectionString);
        if (string.IsNullOrEmpty(options.Password))
            redis.PasswordParameter = null;
        else
            redis.PasswordParameter?.Override(options.Password);
        var (host, port) = options.EndPoints.FirstOrDefault() switch
        {
            DnsEndPoint dns => (dns.Host, dns.Port),
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            _ => ("localhost", 0),
        };
        Allocate(redis.PrimaryEndpoint, host, port == 0 ? 6379 : port);
    }

    private static void Apply(PostgresServerResource server, string connectionString)
    {
        server.External = connectionString;
        var options = new NpgsqlConnectionStringBuilder(connectionString);
        server.UserNameParameter?.Override(options.Username ?? "postgres");
        server.DefaultUserName = options.Username ?? "postgres";
        server.PasswordParameter.Override(options.Password ?? "");
        Allocate(server.PrimaryEndpoint, options.Host ?? "localhost", options.Port);
    }

    private static void Allocate(EndpointReference endpoint, string host, int port) =>
        endpoint.EndpointAnnotation.AllocatedEndpoint = new AllocatedEndpoint(endpoint.EndpointAnnotation, host, port);
}
