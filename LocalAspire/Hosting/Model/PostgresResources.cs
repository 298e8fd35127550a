namespace Aspire.Hosting.ApplicationModel;

public class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    public ParameterResource PasswordParameter { get; } = password;

    public ReferenceExpression ConnectionStringExpression =>
        ExternalExpression ?? ReferenceExpression.Create($"Host={PrimaryEndpoint.Host};Port={PrimaryEndpoint.Port};Username={UserName};Password={PasswordParameter}");

    internal ReferenceExpression UserName => userName is null || ExternalUserName is not null ? ReferenceExpression.Create($"{ExternalUserName ?? "postgres"}") : ReferenceExpression.Create($"{userName}");
    internal string? ExternalUserName { get; set; }

    public IEnumerable<(string Name, ReferenceExpression Value)> GetConnectionProperties() => PropertiesOf(database: null);

    internal IEnumerable<(string Name, ReferenceExpression Value)> PropertiesOf(string? database)
    {
        var (host, port) = (PrimaryEndpoint.Host, PrimaryEndpoint.Port);
        var path = database is null ? "" : "/" + Uri.EscapeDataString(database);
        return
        [
            ("Host", ReferenceExpression.Create($"{host}")),
            ("Port", ReferenceExpression.Create($"{port}")),
            ("Username", UserName),
            ("Password", ReferenceExpression.Create($"{PasswordParameter}")),
            ("Uri", ReferenceExpression.Create($"postgresql://{UserName:uri}:{PasswordParameter:uri}@{host}:{port}{path}")),
            ("JdbcConnectionString", ReferenceExpression.Create($"jdbc:postgresql://{host}:{port}{path}")),
        ];
    }
}

public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource server) : Resource(name), IResourceWithParent, IResourceWithConnectionString
{
    public string DatabaseName { get; } = databaseName;

    public ReferenceExpression ConnectionStringExpression =>
        External is { } external ? ReferenceExpression.Create($"{external}") : ReferenceExpression.Create($"{server};Database={DatabaseName}");

    internal PostgresServerResource Server => server;
    IResource IResourceWithParent.Parent => server;

    /// <summary>The connection string of a database that somebody else runs.</summary>
    internal string? External { get; set; }

    public IEnumerable<(string Name, ReferenceExpression Value)> GetConnectionProperties() =>
        server.PropertiesOf(DatabaseName).Append(("DatabaseName", ReferenceExpression.Create($"{DatabaseName}")));
}
