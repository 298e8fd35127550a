using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Dashboard.Resources;

/// <summary>Every instance as it is now, and a signal when one changes.</summary>
internal sealed class ResourceView(DistributedApplicationModel model, ResourceNotificationService notifications) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = [];
    private readonly CancellationTokenSource _ended = new();
    private Task _watching = Task.CompletedTask;
    private long _revision;

    /// <summary>Changes with every change of an instance.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public void Start() => _watching = WatchAsync();

    /// <summary>In the order in which the AppHost names them.</summary>
    public IReadOnlyList<ResourceDto> All()
    {
        var order = model.Resources.Select((resource, index) => (resource, index)).ToDictionary(item => item.resource, item => item.index);
        lock (_gate)
            return [.. _current.Values.OrderBy(item => order.GetValueOrDefault(item.Resource, int.MaxValue)).ThenBy(item => item.ResourceId, StringComparer.Ordinal).Select(item => ResourceDto.Of(item, Secrets))];
    }

    public bool Knows(string id)
    {
        lock (_gate)
            return _current.ContainsKey(id);
    }

    /// <summary>A variable's value in clear; null = there is none of that name.</summary>
    public string? Reveal(string id, string name)
    {
        lock (_gate)
            return _current.TryGetValue(id, out var item) ? item.Snapshot.EnvironmentVariables.FirstOrDefault(variable => variable.Name == name)?.Value : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_ended.IsCancellationRequested)
            return;
        await _ended.CancelAsync();
        await _watching;
    }

    private SecretValues Secrets => field ??= new SecretValues(model.Resources);

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var item in notifications.WatchAsync(_ended.Token))
            {
                lock (_gate)
                    _current[item.ResourceId] = item;
                Interlocked.Increment(ref _revision);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return;
        }
    }
}
