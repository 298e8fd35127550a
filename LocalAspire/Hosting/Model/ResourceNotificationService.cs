using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The newest snapshot of every instance, and everybody who wants to hear of changes.</summary>
public sealed class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly Broadcast<ResourceEvent> _changes;

    public ResourceNotificationService() => _changes = new(() => _current.Values);

    /// <summary>Finds an instance by its id, or by the resource's name where there is one instance only.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        var found = _current.TryGetValue(resourceId, out var byId) ? [byId] : _current.Values.Where(item => IsOf(item, resourceId)).ToArray();
        resourceEvent = found.Length == 1 ? found[0] : null;
        return resourceEvent is not null;
    }

    /// <summary>Every instance as it is now, then every change, until the application ends.</summary>
    public IAsyncEnumerable<ResourceEvent> WatchAsync(CancellationToken cancellationToken = default) => _changes.WatchAsync(cancellationToken).SelectMany(batch => batch);

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, item => item.Snapshot.State is { } state && wanted.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        await WatchAsync(cancellationToken).FirstOrDefaultAsync(item => IsOf(item, resourceName) && predicate(item), cancellationToken)
            ?? throw new OperationCanceledException($"The application ended while waiting for '{resourceName}'.");

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var stops = waitBehavior == WaitBehavior.StopOnResourceUnavailable;
        var reached = await WaitForResourceAsync(resourceName, item => IsHealthy(item.Snapshot) || (stops && IsGone(item.Snapshot)), cancellationToken);
        return IsHealthy(reached.Snapshot)
            ? reached
            : throw new DistributedApplicationException($"'{reached.ResourceId}' cannot become healthy: it is {reached.Snapshot.State?.Text}.");
    }

    internal void Publish(IResource resource, string id, Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => _changes.Pass(() =>
    {
        var before = _current.TryGetValue(id, out var known)
            ? known.Snapshot
            : new CustomResourceSnapshot { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [] };
        return _current[id] = new ResourceEvent(resource, id, change(before));
    });

    /// <summary>Returns once this instance is what the waiter waits for; throws with the reason when that cannot happen any more.</summary>
    internal async Task WaitForDependencyAsync(IResource waiter, WaitAnnotation wait, string id, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var reached = await WaitForResourceAsync(name, item => item.ResourceId == id && (Satisfies(wait.WaitType, item.Snapshot) || IsGone(item.Snapshot)), cancellationToken);
        var snapshot = reached.Snapshot;
        var failed = snapshot.State?.Text == KnownResourceStates.FailedToStart;
        if (wait.WaitType == WaitType.WaitForCompletion && !failed && (snapshot.ExitCode ?? wait.ExitCode) != wait.ExitCode)
            throw new DistributedApplicationException($"{waiter.Name} does not start: {name} ended with exit code {snapshot.ExitCode} (expected {wait.ExitCode})");
        if (failed || !Satisfies(wait.WaitType, snapshot))
            throw new DistributedApplicationException($"{waiter.Name} does not start: {name} is {snapshot.State?.Text}");
    }

    private static bool IsOf(ResourceEvent item, string resourceName) => item.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase);

    private static bool Satisfies(WaitType type, CustomResourceSnapshot snapshot) => type switch
    {
        WaitType.WaitUntilHealthy => IsHealthy(snapshot),
        WaitType.WaitUntilStarted => snapshot.State?.Text == KnownResourceStates.Running,
        _ => IsGone(snapshot),
    };

    private static bool IsHealthy(CustomResourceSnapshot snapshot) => snapshot.HealthStatus == HealthStatus.Healthy;

    private static bool IsGone(CustomResourceSnapshot snapshot) => KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text);

    public void Dispose() => _changes.End();
}
