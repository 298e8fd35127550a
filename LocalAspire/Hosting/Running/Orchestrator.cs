using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;

namespace LocalAspire.Running;

/// <summary>Runs the graph: gives out ports, starts everything as soon as what it waits for is there, stops it in reverse.</summary>
internal sealed partial class Orchestrator(
    DistributedApplicationBuilder builder,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    RunFolders folders,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private const int NameWidth = 18;

    private readonly Dictionary<IResource, Instance[]> _instances = [];
    private readonly ConcurrentDictionary<IResource, bool> _saidReady = [];
    private readonly List<EndpointProxy> _proxies = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _starts = [];

    public ResourceNotificationService Notifications => notifications;
    public RunFolders Folders => folders;

    /// <summary>False (LocalAspire:Servers=packages) leaves out what is installed and takes PostgreSQL and Redis from packages.</summary>
    public bool UsesInstalledServers => builder.Configuration["LocalAspire:Servers"] != "packages";
    private IEnumerable<Instance> Instances => _instances.Values.SelectMany(item => item);

    public string? Metadata(string key) => builder.Metadata(key);

    public string[] InstanceIds(IResource resource) => _instances.TryGetValue(resource, out var instances) ? [.. instances.Select(item => item.Id)] : [resource.Name];

    public IEnumerable<Instance> Children(IResource parent) => Instances.Where(item => item.Resource is IResourceWithParent child && child.Parent == parent);

    public IEnumerable<EndpointReference> Endpoints(IResourceWithEndpoints resource) => resource.Annotations.OfType<EndpointAnnotation>().Select(item => new EndpointReference(resource, item.Name));

    /// <summary>Gives out the ports. Before the host starts, because the host would log what fails here with its stack trace and bury the one line that matters.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in builder.Resources)
        {
            _instances[resource] = CreateInstances(resource);
            if (resource is ConnectionResource connection)
                connection.External ??= builder.Configuration.GetConnectionString(resource.Name);
            // whose database is not ours has a server that is not ours either
            if (resource is PostgresDatabaseResource { External: { } external } database)
                database.Server.External ??= new NpgsqlConnectionStringBuilder(external) { Database = null }.ConnectionString;
        }

        var reason = Metadata("AspireFromReason") is { Length: > 0 } why ? why : "AspireFrom=local";
        Print("apphost", $"LocalAspire stand-in for Aspire 13.5.2 ({reason})", isError: false);
        foreach (var instance in Instances)
            instance.SetState(KnownResourceStates.NotStarted);
        foreach (var endpoint in builder.Resources.OfType<IResourceWithEndpoints>().Where(item => item is not ContainerResource { External: not null }).SelectMany(Endpoints))
            await AllocateAsync(endpoint, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _starts.AddRange(builder.Resources.Select(resource => Task.Run(() => StartResourceAsync(resource), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_starts);
        // those who use a server end before it does, so that their last words still reach it
        await Task.WhenAll(Instances.Where(item => item is ProjectInstance).Select(item => item.StopAsync()));
        await Task.WhenAll(Instances.Where(item => item is not ProjectInstance).Select(item => item.StopAsync()));
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        _proxies.Clear();
    }

    // registered twice (as itself and as a hosted service), so disposed twice
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    public void Say(Instance instance, string line, bool isError)
    {
        logs.Add(instance.Id, line, isError);
        Print(_instances[instance.Resource].Length == 1 ? instance.Resource.Name : instance.Id, line, isError);
    }

    /// <summary>Told by every instance whenever it is well; said once.</summary>
    public void SayReady(IResource resource)
    {
        if (_saidReady.TryAdd(resource, true) && resource is ProjectResource project && Endpoints(project).FirstOrDefault() is { } endpoint)
            Print(resource.Name, $"is ready at {endpoint.Url}", isError: false);
    }

    public async Task<ExecuteCommandResult> ExecuteAsync(ResourceEvent state, string commandName, CancellationToken cancellationToken)
    {
        if (_instances[state.Resource].FirstOrDefault(item => item.Id == state.ResourceId) is not { } instance || commandName is not ("start" or "stop" or "restart"))
            return new(false, $"Resource '{state.ResourceId}' has no command '{commandName}'.");
        if (commandName is "stop" or "restart")
            await instance.StopAsync().WaitAsync(cancellationToken);
        if (commandName is "start" or "restart")
        {
            await instance.StartAsync(_stopping.Token).WaitAsync(cancellationToken);
            await Task.WhenAll(Children(state.Resource).Select(child => child.StartAsync(_stopping.Token))).WaitAsync(cancellationToken);
        }

        return new(true, null);
    }

    /// <summary>Every line says whose it is. Under test lines go to the test's loggers instead, where its filters apply.</summary>
    private void Print(string name, string line, bool isError)
    {
        if (builder.Test is not null)
            loggers.CreateLogger($"{builder.Environment.ApplicationName}.Resources.{name}").Log(isError ? LogLevel.Error : LogLevel.Information, "{Line}", Color().Replace(line, ""));
        else
            // the services colour their output whatever happens to it; a file or a pipe shall not see that
            (isError ? Console.Error : Console.Out).WriteLine($"{name.PadRight(NameWidth)} | {(Console.IsOutputRedirected ? Color().Replace(line, "") : line)}");
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Color();

    private Instance[] CreateInstances(IResource resource)
    {
        // eight random letters, as the real orchestrator names its instances
        static string Suffix() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8);
        var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
        return resource switch
        {
            ProjectResource project => [.. Enumerable.Range(0, replicas).Select(_ => new ProjectInstance(this, project, Suffix()))],
            PostgresServerResource server => [new PostgresInstance(this, server, $"{server.Name}-{Suffix()}")],
            RedisResource redis => [new RedisInstance(this, redis, $"{redis.Name}-{Suffix()}")],
            PostgresDatabaseResource database => [new DatabaseInstance(this, database)],
            _ => [],
        };
    }

    private async Task AllocateAsync(EndpointReference endpoint, CancellationToken cancellationToken)
    {
        var wanted = builder.Configuration.GetValue("DcpPublisher:RandomizePorts", defaultValue: false) ? null : endpoint.Annotation.Port;
        var port = wanted ?? folders.LeasePort();
        if (!RunFolders.IsFree(port))
            throw new DistributedApplicationException($"port {port} of resource '{endpoint.Resource.Name}' (endpoint '{endpoint.EndpointName}') "
                + "is in use by another process: end that one or choose another port");
        if (endpoint.Resource is ProjectResource)
        {
            var proxy = new EndpointProxy(endpoint, [.. _instances[endpoint.Resource].Cast<ProjectInstance>()]);
            _proxies.Add(proxy);
            await proxy.StartAsync(port, cancellationToken);
        }

        endpoint.Annotation.AllocatedPort = port;
    }

    private async Task StartResourceAsync(IResource resource)
    {
        var instances = _instances[resource];
        try
        {
            var waits = resource.Annotations.OfType<WaitAnnotation>().ToArray();
            if (waits.Length > 0)
                Array.ForEach(instances, instance => instance.SetState(KnownResourceStates.Waiting));
            await Task.WhenAll(waits.SelectMany(wait => InstanceIds(wait.Resource).Select(id => notifications.WaitForDependencyAsync(resource, wait, id, _stopping.Token))));
            await Task.WhenAll(instances.Select(instance => instance.StartAsync(_stopping.Token)));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Array.ForEach(instances, instance => instance.SetState(KnownResourceStates.NotStarted));
        }
        catch (Exception failure)
        {
            if (failure is not DistributedApplicationException)
                loggers.CreateLogger<Orchestrator>().LogError(failure, "{Resource} does not start", resource.Name);
            var reason = failure.Message.StartsWith($"{resource.Name} does not start", StringComparison.Ordinal) ? failure.Message : $"{resource.Name} does not start: {failure.Message}";
            // one line on the console, and in the log of every instance
            Print(resource.Name, reason, isError: true);
            foreach (var instance in instances.Where(instance => !instance.IsRunning))
            {
                logs.Add(instance.Id, reason, isError: true);
                instance.SetState(KnownResourceStates.FailedToStart);
            }
        }
    }
}
