namespace Aspire.Hosting.ApplicationModel;

public class RedisResource(string name, ParameterResource? password) : ContainerResource(name, "/bin/sh"), IResourceWithConnectionString
{
    public RedisResource(string name) : this(name, null)
    {
    }

    public EndpointReference PrimaryEndpoint => new(this, "tcp");

    public ParameterResource? PasswordParameter { get; internal set; } = password;

    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    public bool TlsEnabled => false;

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            if (External is { } external)
                return ReferenceExpression.Create($"{external}");
            var address = PrimaryEndpoint.Property(EndpointProperty.HostAndPort);
            var tls = PrimaryEndpoint.GetTlsValue(ReferenceExpression.Create($",ssl=true"), ReferenceExpression.Empty);
            return PasswordParameter is null ? ReferenceExpression.Create($"{address}{tls}") : ReferenceExpression.Create($"{address},password={PasswordParameter}{tls}");
        }
    }

    public ReferenceExpression UriExpression
    {
        get
        {
            var scheme = PrimaryEndpoint.Property(EndpointProperty.Scheme);
            return PasswordParameter is null
                ? ReferenceExpression.Create($"{scheme}://{Host}:{Port}")
                : ReferenceExpression.Create($"{scheme}://:{PasswordParameter:uri}@{Host}:{Port}");
        }
    }

    /// <summary>A server somebody else runs: its connection string as configured.</summary>
    internal string? External { get; set; }

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => ConnectionStringExpression.GetValueAsync(cancellationToken);

    public IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties()
    {
        yield return new("Host", ReferenceExpression.Create($"{Host}"));
        yield return new("Port", ReferenceExpression.Create($"{Port}"));
        if (PasswordParameter is not null)
            yield return new("Password", ReferenceExpression.Create($"{PasswordParameter}"));
        yield return new("Uri", UriExpression);
    }
}
