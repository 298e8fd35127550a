namespace Aspire.Hosting.ApplicationModel;

public class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password) : ContainerResource(name, password, "docker.io/library/postgres:18.3")
{
    internal IExpressionValue UserName => userName is null ? new ExpressionValue("postgres", () => "postgres") : userName;
    private protected override ReferenceExpression Own => ReferenceExpression.Create($"Host={PrimaryEndpoint.Host};Port={PrimaryEndpoint.Port};Username={UserName};Password={Password}");

    private protected override IEnumerable<(string Name, ReferenceExpression Value)> OwnProperties() => PropertiesOf("");

    internal IEnumerable<(string Name, ReferenceExpression Value)> PropertiesOf(string databasePath)
    {
        var (host, port) = (PrimaryEndpoint.Host, PrimaryEndpoint.Port);
        return
        [
            ("Host", ReferenceExpression.Create($"{host}")),
            ("Port", ReferenceExpression.Create($"{port}")),
            ("Username", ReferenceExpression.Create($"{UserName}")),
            ("Password", ReferenceExpression.Create($"{Password}")),
            ("Uri", ReferenceExpression.Create($"postgresql://{UserName:uri}:{Password:uri}@{host}:{port}{databasePath}")),
            ("JdbcConnectionString", ReferenceExpression.Create($"jdbc:postgresql://{host}:{port}{databasePath}")),
        ];
    }
}

public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource server) : ConnectionResource(name), IResourceWithParent
{
    public string DatabaseName { get; } = databaseName;
    public IResource Parent => server;
    internal PostgresServerResource Server => server;
    private protected override ReferenceExpression Own => ReferenceExpression.Create($"{server};Database={DatabaseName}");

    private protected override IEnumerable<(string Name, ReferenceExpression Value)> OwnProperties() =>
        server.PropertiesOf("/" + Uri.EscapeDataString(DatabaseName)).Append(("DatabaseName", ReferenceExpression.Create($"{DatabaseName}")));
}
