namespace Aspire.Hosting.ApplicationModel;

public sealed record EndpointAnnotation(string Name, string UriScheme) : IResourceAnnotation
{
    public int? Port { get; set; }
    public int? TargetPort { get; init; }
    public bool IsExternal { get; set; }
    internal bool IsHttp => UriScheme is "http" or "https";

    /// <summary>Known once the application starts.</summary>
    internal int? AllocatedPort { get; set; }
}

public sealed record EndpointReference(IResourceWithEndpoints Resource, string EndpointName) : IExpressionValue
{
    public string Url => $"{Annotation.UriScheme}://localhost:{Number}";
    public string ValueExpression => Expression("url");

    internal EndpointAnnotation Annotation => Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(item => item.Name == EndpointName)
        ?? throw new DistributedApplicationException($"Resource '{Resource.Name}' has no endpoint named '{EndpointName}'.");

    internal int Number => Annotation.AllocatedPort
        ?? throw new DistributedApplicationException($"Endpoint '{EndpointName}' of resource '{Resource.Name}' has no port yet; it gets one when the application starts.");

    internal IExpressionValue Host => new ExpressionValue(Expression("host"), () => "localhost");
    internal IExpressionValue Port => new ExpressionValue(Expression("port"), () => $"{Number}");
    internal IExpressionValue Scheme => new ExpressionValue(Expression("scheme"), () => Annotation.UriScheme);

    public string GetValue() => Url;

    internal string Expression(string property) => $"{{{Resource.Name}.bindings.{EndpointName}.{property}}}";
}
