using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public sealed class EndpointAnnotation(string name, string uriScheme) : IResourceAnnotation
{
    private readonly TaskCompletionSource<(string Host, int Port)> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name { get; } = name;
    public string UriScheme { get; } = uriScheme;
    public int? Port { get; set; }
    public int? TargetPort { get; init; }
    public bool IsExternal { get; set; }
    internal bool IsHttp => UriScheme is "http" or "https";

    /// <summary>Known once the application starts.</summary>
    internal Task<(string Host, int Port)> Address => _address.Task;

    internal void Allocate(string host, int port) => _address.TrySetResult((host, port));
}

public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IExpressionValue
{
    public IResourceWithEndpoints Resource { get; } = owner;
    public string EndpointName { get; } = endpointName;
    public bool IsAllocated => Annotation.Address.IsCompletedSuccessfully;

    public string Url => IsAllocated
        ? Text(Annotation.Address.Result)
        : throw new InvalidOperationException($"Endpoint '{EndpointName}' of resource '{Resource.Name}' has no port yet; it gets one when the application starts.");

    public string ValueExpression => Expression("url");

    internal EndpointAnnotation Annotation => Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(item => item.Name.Equals(EndpointName, StringComparison.OrdinalIgnoreCase))
        ?? throw new DistributedApplicationException($"Resource '{Resource.Name}' has no endpoint named '{EndpointName}'.");

    internal IExpressionValue Host => new Part(this, "host", address => address.Host);
    internal IExpressionValue Port => new Part(this, "port", address => address.Port.ToString(CultureInfo.InvariantCulture));
    internal IExpressionValue Scheme => new Part(this, "scheme", _ => Annotation.UriScheme);

    /// <summary>For manifests only: when run, each replica listens on a port of its own.</summary>
    internal string TargetPortExpression => Expression("targetPort");

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => Text(await Annotation.Address.WaitAsync(cancellationToken));

    /// <summary>Stands in a variable's text for the port that a replica listens on.</summary>
    internal static string ReplicaPort(string endpointName) => $"{{{{port of {endpointName}}}}}";

    internal string Expression(string property) => $"{{{Resource.Name}.bindings.{EndpointName}.{property}}}";

    private string Text((string Host, int Port) address) => $"{Annotation.UriScheme}://{address.Host}:{address.Port}";

    private sealed record Part(EndpointReference Endpoint, string Name, Func<(string Host, int Port), string> Read) : IExpressionValue
    {
        public string ValueExpression => Endpoint.Expression(Name);

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => Read(await Endpoint.Annotation.Address.WaitAsync(cancellationToken));
    }
}

/// <summary>A text for servers with TLS, which only the real Aspire starts: empty here. In the manifest a condition is a resource of its own.</summary>
internal sealed class WhenTls(EndpointReference endpoint, string text) : IExpressionValue
{
    // part of the public manifest: "cond-" + the condition as words + xxHash32 over the condition, the texts of both cases and the value that it is compared with
    public string Name
    {
        get
        {
            var hash = XxHash32.Hash(Encoding.UTF8.GetBytes($"{endpoint.Expression("tlsEnabled")}{text}{true}"));
            return $"cond-{endpoint.Resource.Name}-bindings-{endpoint.EndpointName}-tlsenabled-{Convert.ToHexStringLower(hash)}";
        }
    }

    public string ValueExpression => $"{{{Name}.connectionString}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>("");
}
