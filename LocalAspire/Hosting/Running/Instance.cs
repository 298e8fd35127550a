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
    public Orchestrator Owner => owner;
    protected virtual string EndedState => KnownResourceStates.Exited;
    protected virtual int StopSignal => ChildProcess.Terminate;

    public Task StartAsync(CancellationToken cancellationToken) => AloneAsync(async () =>
    {
        if (IsRunning)
            return;
        _stopping = false;
        Publish(before => before with { State = KnownResourceStates.Starting, ExitCode = null, StopTimeStamp = null });
        var launch = LaunchAsync(cancellationToken);
        if (await Task.WhenAny(launch) is { IsFaulted: true })
            SetState(KnownResourceStates.FailedToStart);
        _child = await launch;
        _alive = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IsRunning = true;
        Publish(before => before.With("executable.pid", _child?.Pid) with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = DateTime.UtcNow,
            HealthReports = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => new HealthReportSnapshot(check.Key, null, null, null))],
        });
        _watched = WatchAsync(_child, HealthMonitor.RunAsync(this, _alive.Token));
    });

    public Task StopAsync() => AloneAsync(async () =>
    {
        if (!IsRunning)
            return;
        _stopping = true;
        Publish(before => before with { State = KnownResourceStates.Stopping });
        if (_child is null)
            End(EndedState, exitCode: null);
        else
            await _child.StopAsync(StopSignal);
        await _watched;
    });

    public void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => owner.Notifications.Publish(resource, id, change);

    public void SetState(string state) => Publish(before => before with { State = state });

    /// <summary>Also called for a resource that lives inside another, which ends with it.</summary>
    public void End(string state, int? exitCode)
    {
        IsRunning = false;
        _alive?.Cancel();
        Publish(before => before with { State = state, ExitCode = exitCode, StopTimeStamp = DateTime.UtcNow });
        foreach (var child in owner.Children(resource).Where(item => item.IsRunning))
            child.End(state, exitCode: null);
    }

    /// <summary>Returns once the instance runs; null where nothing of ours has to run.</summary>
    protected abstract Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken);

    protected Task<ChildProcess> StartAsync(ChildCommand command) => ChildProcess.StartAsync(command, (line, isError) => owner.Say(this, line, isError));

    protected void PublishSource(string source) => Publish(before => before.With("resource.source", source));

    private async Task AloneAsync(Func<Task> change)
    {
        await _gate.WaitAsync();
        try
        {
            await change();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task WatchAsync(ChildProcess? child, Task health)
    {
        if (child is not null)
        {
            var exitCode = await child.Exited;
            if (!_stopping && exitCode != 0)
                owner.Say(this, $"ended with exit code {exitCode}", isError: true);
            End(EndedState, exitCode);
        }

        await health;
    }
}

/// <summary>A database: there as soon as its server is ready, and as long.</summary>
internal sealed class DatabaseInstance(Orchestrator owner, PostgresDatabaseResource database) : Instance(owner, database, database.Name)
{
    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        await Owner.Notifications.WaitForDependencyAsync(database, new(database.Server, WaitType.WaitUntilHealthy), Owner.InstanceIds(database.Server).Single(), cancellationToken);
        return null;
    }
}
