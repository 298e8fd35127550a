using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

public interface IResource
{
    string Name { get; }
    ResourceAnnotationCollection Annotations { get; }
}

public interface IResourceAnnotation;
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

public abstract class Resource(string name) : IResource
{
    public string Name { get; } = name;
    public ResourceAnnotationCollection Annotations { get; } = [];
}

public interface IResourceCollection : IList<IResource>;
internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection;
public sealed record DistributedApplicationModel(IResourceCollection Resources);
public interface IResourceWithEnvironment : IResource;
public interface IResourceWithArgs : IResource;
public interface IResourceWithEndpoints : IResource;
public interface IResourceWithWaitSupport : IResource;

public interface IResourceWithParent : IResource
{
    IResource Parent { get; }
}

/// <summary>Something with a value when the graph runs and an expression in the manifest.</summary>
public interface IExpressionValue
{
    string ValueExpression { get; }

    /// <exception cref="DistributedApplicationException">There is none, or none yet.</exception>
    string GetValue();
}

public interface IResourceWithConnectionString : IResource, IExpressionValue
{
    ReferenceExpression ConnectionStringExpression { get; }
    string IExpressionValue.ValueExpression => $"{{{Name}.connectionString}}";

    string IExpressionValue.GetValue() => ConnectionStringExpression.GetValue();

    IEnumerable<(string Name, ReferenceExpression Value)> GetConnectionProperties();
}

/// <summary>A server or a database.</summary>
public abstract class ConnectionResource(string name) : Resource(name), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression => External is { } external ? ReferenceExpression.Create($"{external}") : Own;

    /// <summary>The connection string of one that somebody else runs: nothing is started for it, and nothing but this string is known of it.</summary>
    internal string? External { get; set; }
    private protected abstract ReferenceExpression Own { get; }

    public IEnumerable<(string Name, ReferenceExpression Value)> GetConnectionProperties() => External is null ? OwnProperties() : [];

    private protected abstract IEnumerable<(string Name, ReferenceExpression Value)> OwnProperties();
}

/// <summary>What the real Aspire runs in a container, and the stand-in as a process.</summary>
public abstract class ContainerResource(string name, ParameterResource password, string image)
    : ConnectionResource(name), IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public EndpointReference PrimaryEndpoint => new(this, "tcp");
    internal ParameterResource Password => password;
    internal string Image => image;
    internal virtual string? Entrypoint => null;
}

public class ProjectResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport
{
    internal string ProjectPath => Annotations.OfType<IProjectMetadata>().Last().ProjectPath;
}

public interface IResourceBuilder<out T> where T : IResource
{
    IDistributedApplicationBuilder ApplicationBuilder { get; }
    T Resource { get; }
}

internal sealed record ResourceBuilder<T>(IDistributedApplicationBuilder ApplicationBuilder, T Resource) : IResourceBuilder<T> where T : IResource;
