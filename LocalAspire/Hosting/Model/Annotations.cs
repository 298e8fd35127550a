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

public sealed record WaitAnnotation(IResource Resource, WaitType WaitType, int ExitCode = 0) : IResourceAnnotation;
internal sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

/// <param name="Add">Adds variables when a replica starts, and without one when the manifest is written; values are texts and <see cref="IExpressionValue"/>s.</param>
internal sealed record EnvironmentAnnotation(Action<Dictionary<string, object>, ProjectInstance?> Add) : IResourceAnnotation;
internal sealed record ArgumentsAnnotation(IReadOnlyList<string> Arguments) : IResourceAnnotation;
internal sealed record VolumeAnnotation(string Name, string Target, bool IsReadOnly) : IResourceAnnotation;
internal sealed record HealthCheckAnnotation(string Key, Func<Instance, CancellationToken, Task<HealthCheckResult>> Ask) : IResourceAnnotation;
