using Aspire.Hosting.ApplicationModel;
using HealthChecks.NpgSql;
using LocalAspire.Running;
using Npgsql;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var server = new PostgresServerResource(name, userName?.Resource, password?.Resource ?? builder.NewPassword($"{name}-password"));
        server.Annotations.Add(new EndpointAnnotation("tcp", "tcp") { Port = port, TargetPort = 5432 });
        server.Annotations.Add(new ContainerAnnotation("docker.io/library/postgres:18.3"));
        server.Annotations.Add(new EnvironmentAnnotation(variables =>
        {
            variables["POSTGRES_HOST_AUTH_METHOD"] = "scram-sha-256";
            variables["POSTGRES_INITDB_ARGS"] = "--auth-host=scram-sha-256 --auth-local=scram-sha-256";
            variables["POSTGRES_USER"] = server.UserName;
            variables["POSTGRES_PASSWORD"] = server.PasswordParameter;
        }));
        server.Annotations.Add(Check(server, connection => connection.Database = "postgres"));
        return builder.AddResource(server);
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        database.Annotations.Add(Check(database, _ => { }));
        return builder.ApplicationBuilder.AddResource(database);
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        var application = new string([.. builder.ApplicationBuilder.Environment.ApplicationName.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_')]);
        var generated = $"{application}-{builder.ApplicationBuilder.Configuration["AppHost:Sha256"]![..10]}-{builder.Resource.Name}-data";
        builder.Resource.Annotations.Add(new VolumeAnnotation(name ?? generated, "/var/lib/postgresql", isReadOnly));
        return builder;
    }

    private static HealthCheckAnnotation Check(IResourceWithConnectionString resource, Action<NpgsqlConnectionStringBuilder> change) =>
        HealthMonitor.Check($"{resource.Name}_check", async cancellationToken =>
        {
            var connection = new NpgsqlConnectionStringBuilder(await resource.GetValueAsync(cancellationToken));
            change(connection);
            return new NpgSqlHealthCheck(new NpgSqlHealthCheckOptions(connection.ConnectionString));
        });
}
