using System.Text.RegularExpressions;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        builder.With(new EnvironmentAnnotation((variables, _) => variables[name] = value ?? ""));

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter) where T : IResourceWithEnvironment =>
        builder.With(new EnvironmentAnnotation((variables, _) => variables[name] = parameter.Resource));

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args) where T : IResourceWithArgs => builder.With(new ArgumentsAnnotation(args));

    /// <param name="optional">Makes no difference here: every resource that can be added has a connection string.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null, bool optional = false) where TDestination : IResourceWithEnvironment
    {
        var name = connectionName ?? source.Resource.Name;
        return builder.With(new EnvironmentAnnotation((variables, _) =>
        {
            variables[$"ConnectionStrings__{name}"] = source.Resource;
            foreach (var (property, value) in source.Resource.GetConnectionProperties())
                variables[$"{Variable(name)}_{property.ToUpperInvariant()}"] = value;
        }));
    }

    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        return builder.With(new EnvironmentAnnotation((variables, _) =>
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Select(item => new EndpointReference(resource, item.Name)))
            {
                variables[$"services__{resource.Name}__{endpoint.EndpointName}__0"] = endpoint;
                variables[$"{Variable(resource.Name)}_{Variable(endpoint.EndpointName)}"] = endpoint;
            }
        }));
    }

    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name) where T : IResourceWithEndpoints => new(builder.Resource, name);

    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder) where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(item => item.IsHttp))
            endpoint.IsExternal = true;
        return builder;
    }

    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResourceWithWaitSupport =>
        builder.Wait(new(dependency.Resource, WaitType.WaitUntilHealthy));

    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResourceWithWaitSupport =>
        builder.Wait(new(dependency.Resource, WaitType.WaitUntilStarted));

    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0) where T : IResourceWithWaitSupport =>
        builder.Wait(new(dependency.Resource, WaitType.WaitForCompletion, exitCode));

    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        var endpoint = endpointName ?? builder.Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(item => item.IsHttp)?.Name
            ?? throw new DistributedApplicationException($"'{builder.Resource.Name}' has no HTTP endpoint that a health check could ask.");
        return builder.With(HealthMonitor.HttpCheck($"{builder.Resource.Name}_{endpoint}_{path ?? "/"}_{statusCode ?? 200}_check", endpoint, path ?? "/", statusCode ?? 200));
    }

    private static string Variable(string name) => NotAllowedInVariable().Replace(name, "_").ToUpperInvariant();

    private static IResourceBuilder<T> Wait<T>(this IResourceBuilder<T> builder, WaitAnnotation wait) where T : IResource => wait.Resource != (IResource)builder.Resource
        ? builder.With(wait)
        : throw new DistributedApplicationException($"'{builder.Resource.Name}' cannot wait for itself.");

    internal static IResourceBuilder<T> With<T>(this IResourceBuilder<T> builder, IResourceAnnotation annotation) where T : IResource
    {
        builder.Resource.Annotations.Add(annotation);
        return builder;
    }

    [GeneratedRegex("[^A-Za-z0-9_]")]
    private static partial Regex NotAllowedInVariable();
}
