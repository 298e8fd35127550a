using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

public sealed class ResourceNotificationServiceOptions
{
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

/// <summary>The newest snapshot of every instance, and everybody who wants to hear of changes.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly IServiceProvider _services;
    private readonly WaitBehavior _defaultWaitBehavior;

    internal ResourceNotificationService(IServiceProvider services)
    {
        _services = services;
        _defaultWaitBehavior = services.GetRequiredService<IOptions<ResourceNotificationServiceOptions>>().Value.DefaultWaitBehavior;
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        foreach (var id in Ids(resource))
            Publish(resource, id, stateFactory);
        return Task.CompletedTask;
    }

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    /// <summary>Finds an instance by its id, or by the resource's name where there is one instance only.</summary>
    public bool TryGetCurrentState(string resourceId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_gate)
        {
            if (_current.TryGetValue(resourceId, out resourceEvent))
                return true;
            var byName = _current.Values.Where(item => item.Resource.Name.Equals(resourceId, StringComparison.OrdinalIgnoreCase)).ToArray();
            resourceEvent = byName.Length == 1 ? byName[0] : null;
            return resourceEvent is not null;
        }
    }

    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_gate)
        {
            foreach (var item in _current.Values)
                channel.Writer.TryWrite(item);
            _watchers.Add(channel);
        }

        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(either.Token))
                yield return item;
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(channel);
        }
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, item => item.Snapshot.State is { } state && wanted.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        string? last = null;
        try
        {
            await foreach (var item in WatchAsync(cancellationToken))
            {
                if (!item.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase))
                    continue;
                if (predicate(item))
                    return item;
                last = $"{item.ResourceId} is {item.Snapshot.State?.Text ?? "unknown"}{(item.Snapshot.HealthStatus is { } health ? $", {health}" : "")}";
            }
        }
        catch (OperationCanceledException cancelled)
        {
            throw new OperationCanceledException($"The wait for '{resourceName}' was given up; {last ?? "nothing was heard of it"}.", cancelled, cancelled.CancellationToken);
        }

        throw new OperationCanceledException($"The application ended while waiting for '{resourceName}'.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultWaitBehavior, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(resourceName, item => IsHealthy(item.Snapshot) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsGone(item.Snapshot)), cancellationToken);
        return IsHealthy(reached.Snapshot)
            ? reached
            : throw new DistributedApplicationException($"'{reached.ResourceId}' cannot become healthy: it is {reached.Snapshot.State?.Text}.");
    }

    /// <summary>Returns once everything the resource waits for is there; throws with the reason when that cannot happen any more.</summary>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken) =>
        Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().ToArray().SelectMany(wait => Ids(wait.Resource).Select(id => WaitForOneAsync(resource, wait, id, cancellationToken))));

    private async Task WaitForOneAsync(IResource waiter, WaitAnnotation wait, string id, CancellationToken cancellationToken)
    {
        var stops = wait.WaitType == WaitType.WaitForCompletion || (wait.WaitBehavior ?? _defaultWaitBehavior) == WaitBehavior.StopOnResourceUnavailable;
        var reached = await WaitForResourceAsync(wait.Resource.Name, item => item.ResourceId == id && (Satisfies(wait.WaitType, item.Snapshot) || (stops && IsGone(item.Snapshot))), cancellationToken);

        var snapshot = reached.Snapshot;
        if (wait.WaitType == WaitType.WaitForCompletion && snapshot.State?.Text != KnownResourceStates.FailedToStart && (snapshot.ExitCode ?? wait.ExitCode) != wait.ExitCode)
            throw new DistributedApplicationException($"{waiter.Name} does not start: {wait.Resource.Name} ended with exit code {snapshot.ExitCode} (expected {wait.ExitCode})");
        if (!Satisfies(wait.WaitType, snapshot) || snapshot.State?.Text == KnownResourceStates.FailedToStart)
            throw new DistributedApplicationException($"{waiter.Name} does not start: {wait.Resource.Name} is {snapshot.State?.Text}");
    }

    private static bool Satisfies(WaitType type, CustomResourceSnapshot snapshot) => type switch
    {
        WaitType.WaitUntilHealthy => IsHealthy(snapshot),
        WaitType.WaitUntilStarted => snapshot.State?.Text == KnownResourceStates.Running,
        WaitType.WaitForCompletion => IsGone(snapshot),
        _ => throw new InvalidOperationException($"{type} is no way to wait."),
    };

    private static bool IsHealthy(CustomResourceSnapshot snapshot) => snapshot is { HealthStatus: HealthStatus.Healthy, IsReady: true };

    private static bool IsGone(CustomResourceSnapshot snapshot) =>
        snapshot.State is { } state && (KnownResourceStates.TerminalStates.Contains(state.Text) || state.Text == KnownResourceStates.RuntimeUnhealthy);

    private string[] Ids(IResource resource) => _services.GetService<LocalAspire.Running.Orchestrator>()?.InstanceIds(resource) ?? [resource.Name];

    private void Publish(IResource resource, string id, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_gate)
        {
            var before = _current.TryGetValue(id, out var known)
                ? known.Snapshot
                : new CustomResourceSnapshot { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [], CreationTimeStamp = DateTime.UtcNow };
            var item = new ResourceEvent(resource, id, stateFactory(before));
            _current[id] = item;
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(item);
        }
    }

    public void Dispose()
    {
        _disposed.Cancel();
        GC.SuppressFinalize(this);
    }
}
