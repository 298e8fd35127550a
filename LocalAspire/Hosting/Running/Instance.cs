using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Running;

/// <summary>One running copy of a resource: its process (if it has one of ours), its state, its health.</summary>
internal abstract class Instance(Orchestrator owner, IResource resource, string id)
{
    private readonly SemaphoreSlim _gate = new(1);
    private CancellationTokenSource? _alive;
    private ChildProcess? _child;
    private Task _watched = Task.CompletedTask;
    private bool _stopping;

    public string Id => id;

    public IResource Resource => resource;

    public bool IsRunning { get; private set; }

    protected Orchestrator Owner => owner;

    protected virtual string EndedState => KnownResourceStates.Exited;

    protected virtual int StopSignal => ChildProcess.Terminate;

    protected virtual TimeSpan StopPatience => TimeSpan.FromSeconds(10);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (IsRunning)
                return;
            _stopping = false;
            Publish(before => before with { State = KnownResourceStates.Starting, ExitCode = null, StopTimeStamp = null, IsReady = false });
            _child = await LaunchAsync(cancellationToken);
            _alive = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            IsRunning = true;
            Publish(before => before.With(new ResourcePropertySnapshot("executable.pid", _child?.Pid), new ResourcePropertySnapshot("resource.source", Source)) with
            {
                State = KnownResourceStates.Running,
                StartTimeStamp = DateTime.UtcNow,
                HealthReports = HealthMonitor.Unanswered(resource),
            });
            _watched = WatchAsync(_child, HealthMonitor.RunAsync(this, owner, _alive.Token));
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task StopAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (!IsRunning)
                return;
            _stopping = true;
            Publish(before => before with { State = KnownResourceStates.Stopping });
            if (_child is null)
                await EndAsync(exitCode: null);
            else
                await _child.StopAsync(StopSignal, StopPatience);
            await _watched;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => _ = owner.Notifications.PublishUpdateAsync(resource, id, change);

    /// <summary>A resource that lives inside another ends with it.</summary>
    public void Follow(string state)
    {
        _alive?.Cancel();
        IsRunning = false;
        Publish(before => before with { State = state, StopTimeStamp = DateTime.UtcNow, IsReady = false });
    }

    public virtual IEnumerable<Uri> ProbeAddresses(HttpProbeAnnotation probe) => [];

    protected abstract string? Source { get; }

    /// <summary>Returns once the instance runs; null where nothing of ours has to run.</summary>
    protected abstract Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken);

    private async Task WatchAsync(ChildProcess? child, Task health)
    {
        if (child is not null)
        {
            var exitCode = await child.Exited;
            if (!_stopping && exitCode != 0)
                owner.Say(this, $"ended with exit code {exitCode}");
            await EndAsync(exitCode);
        }

        await health;
    }

    private async Task EndAsync(int? exitCode)
    {
        IsRunning = false;
        if (_alive is not null)
            await _alive.CancelAsync();
        Publish(before => before with { State = EndedState, ExitCode = exitCode, StopTimeStamp = DateTime.UtcNow, IsReady = false });
        owner.ChildrenEnd(resource, EndedState);
    }
}

/// <summary>A database: there as soon as its server is ready, and as long.</summary>
internal sealed class DatabaseInstance(Orchestrator owner, PostgresDatabaseResource database) : Instance(owner, database, database.Name)
{
    protected override string? Source => null;

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var parent = await Owner.Notifications.WaitForResourceAsync(database.Parent.Name,
            item => item.Snapshot.IsReady || KnownResourceStates.TerminalStates.Contains(item.Snapshot.State?.Text), cancellationToken);
        return parent.Snapshot.IsReady ? null : throw new DistributedApplicationException($"{database.Name} does not start: {database.Parent.Name} is {parent.Snapshot.State?.Text}");
    }
}
