using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password");
        var server = new PostgresServerResource(name, userName?.Resource, secret);
        string? connectionString = null;
        builder.Services.AddHealthChecks().AddNpgSql(
            _ => connectionString ??= new NpgsqlConnectionStringBuilder(Now(server.GetConnectionStringAsync())) { Database = "postgres" }.ConnectionString, name: $"{name}_check");
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: 5432, name: "tcp")
            .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/postgres", Tag = "18.3" })
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
            })
            .WithHealthCheck($"{name}_check");
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.AddDatabase(name, database.DatabaseName);
        string? connectionString = null;
        builder.ApplicationBuilder.Services.AddHealthChecks().AddNpgSql(
            _ => connectionString ??= Now(database.ConnectionStringExpression.GetValueAsync()), name: $"{name}_check");
        return builder.ApplicationBuilder.AddResource(database).WithHealthCheck($"{name}_check");
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name, "/var/lib/postgresql", isReadOnly);

    public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port) =>
        builder.WithEndpoint("tcp", endpoint => endpoint.Port = port);

    internal static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly) where T : ContainerResource
    {
        var application = new string([.. builder.ApplicationBuilder.Environment.ApplicationName.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_')]);
        var hash = builder.ApplicationBuilder.Configuration["AppHost:Sha256"]![..10].ToLowerInvariant();
        return builder.WithAnnotation(new ContainerMountAnnotation(name ?? $"{application}-{hash}-{builder.Resource.Name}-data", target, ContainerMountType.Volume, isReadOnly));
    }

    // health checks run once the endpoints have their ports, so nothing is waited for here
    internal static string Now(ValueTask<string?> value) => value.AsTask().GetAwaiter().GetResult() ?? throw new DistributedApplicationException("There is no connection string.");
}
