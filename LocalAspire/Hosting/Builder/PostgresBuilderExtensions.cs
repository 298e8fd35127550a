using System.Text.RegularExpressions;
using HealthChecks.NpgSql;
using Npgsql;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var server = new PostgresServerResource(name, userName?.Resource, password?.Resource ?? builder.NewPassword($"{name}-password"));
        return builder.AddResource(server)
            .With(new EndpointAnnotation("tcp", "tcp") { Port = port, TargetPort = 5432 })
            .With(Check(server, "postgres"))
            .With(new EnvironmentAnnotation((variables, _) =>
            {
                variables["POSTGRES_HOST_AUTH_METHOD"] = "scram-sha-256";
                variables["POSTGRES_INITDB_ARGS"] = "--auth-host=scram-sha-256 --auth-local=scram-sha-256";
                variables["POSTGRES_USER"] = server.UserName;
                variables["POSTGRES_PASSWORD"] = server.Password;
            }));
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        return builder.ApplicationBuilder.AddResource(database).With(Check(database, null));
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        var application = Regex.Replace(builder.ApplicationBuilder.Environment.ApplicationName.ToLowerInvariant(), "[^a-z0-9.-]", "_");
        var generated = $"{application}-{builder.ApplicationBuilder.Configuration["AppHost:Sha256"]![..10]}-{builder.Resource.Name}-data";
        return builder.With(new VolumeAnnotation(name ?? generated, "/var/lib/postgresql", isReadOnly));
    }

    private static HealthCheckAnnotation Check(ConnectionResource resource, string? database) => HealthMonitor.Check($"{resource.Name}_check", () =>
    {
        var connection = new NpgsqlConnectionStringBuilder(resource.ConnectionStringExpression.GetValue());
        connection.Database = database ?? connection.Database;
        return new NpgSqlHealthCheck(new NpgSqlHealthCheckOptions(connection.ConnectionString));
    });
}
