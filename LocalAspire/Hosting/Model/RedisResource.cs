namespace Aspire.Hosting.ApplicationModel;

public class RedisResource(string name, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    /// <summary>Null where somebody else's server has none.</summary>
    public ParameterResource? PasswordParameter { get; internal set; } = password;

    public ReferenceExpression ConnectionStringExpression =>
        ExternalExpression ?? ReferenceExpression.Create($"{Host}:{Port},password={PasswordParameter!}{new WhenTls(PrimaryEndpoint, ",ssl=true")}");

    private IExpressionValue Host => PrimaryEndpoint.Host;
    private IExpressionValue Port => PrimaryEndpoint.Port;

    public IEnumerable<(string Name, ReferenceExpression Value)> GetConnectionProperties()
    {
        var scheme = PrimaryEndpoint.Scheme;
        yield return ("Host", ReferenceExpression.Create($"{Host}"));
        yield return ("Port", ReferenceExpression.Create($"{Port}"));
        if (PasswordParameter is { } password)
        {
            yield return ("Password", ReferenceExpression.Create($"{password}"));
            yield return ("Uri", ReferenceExpression.Create($"{scheme}://:{password:uri}@{Host}:{Port}"));
        }
        else
        {
            yield return ("Uri", ReferenceExpression.Create($"{scheme}://{Host}:{Port}"));
        }
    }
}
