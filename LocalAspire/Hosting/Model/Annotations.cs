using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public enum WaitType
{
    WaitUntilHealthy = 0,
    WaitForCompletion = 1,
    WaitUntilStarted = 2,
}

public enum WaitBehavior
{
    WaitOnResourceUnavailable = 0,
    StopOnResourceUnavailable = 1,
}

public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
    public WaitType WaitType { get; } = waitType;
    public int ExitCode { get; } = exitCode;
}

internal sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

/// <summary>Adds variables when a replica starts and when the manifest is written; values are texts and <see cref="IExpressionValue"/>s.</summary>
internal sealed record EnvironmentAnnotation(Action<Dictionary<string, object>> Add) : IResourceAnnotation;
internal sealed record ArgumentsAnnotation(IReadOnlyList<string> Arguments) : IResourceAnnotation;
internal sealed record ContainerAnnotation(string Image, string? Entrypoint = null) : IResourceAnnotation;
internal sealed record VolumeAnnotation(string Name, string Target, bool IsReadOnly) : IResourceAnnotation;

/// <param name="Ask">Asks the resource; for a project the replica that listens on the port given.</param>
internal sealed record HealthCheckAnnotation(string Key, string? EndpointName, Func<int, CancellationToken, Task<HealthCheckResult>> Ask) : IResourceAnnotation;
