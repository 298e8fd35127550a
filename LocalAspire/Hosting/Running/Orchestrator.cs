using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Running;

/// <summary>Runs the graph: gives out ports, starts everything as soon as what it waits for is there, stops it in reverse.</summary>
internal sealed class Orchestrator(
    IDistributedApplicationBuilder builder,
    IServiceProvider services,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ConsoleOutput console,
    RunFolders folders,
    HealthCheckService healthChecks,
    DistributedApplicationExecutionContext executionContext,
    IDistributedApplicationEventing eventing,
    ILogger<Orchestrator> log) : IHostedService, IAsyncDisposable
{
    private readonly Dictionary<IResource, Instance[]> _instances = [];
    private readonly List<EndpointProxy> _proxies = [];
    private readonly Dictionary<IResource, Lazy<Task>> _ready = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _starts = [];

    public ResourceNotificationService Notifications => notifications;

    public ResourceLoggerService Logs => logs;

    public RunFolders Folders => folders;

    public HealthCheckService HealthChecks => healthChecks;

    public DistributedApplicationExecutionContext ExecutionContext => executionContext;

    public IEnumerable<IResource> Resources => builder.Resources;

    public Assembly? AppHostAssembly => builder.AppHostAssembly;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2), ActivityHeadersPropagator = null });

    private string Reason => DistributedApplicationOptions.Metadata(AppHostAssembly, "AspireFromReason") is { Length: > 0 } reason ? reason : "AspireFrom=local";

    public string[] InstanceIds(IResource resource) => _instances.TryGetValue(resource, out var instances) ? [.. instances.Select(item => item.Id)] : [resource.Name];

    /// <summary>Gives out the ports. Before the host starts, because the host would log what fails here with its stack trace and bury the one line that matters.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await eventing.PublishAsync(new BeforeStartEvent(services, services.GetRequiredService<DistributedApplicationModel>()), cancellationToken);
        foreach (var resource in builder.Resources)
        {
            ExternalServers.Apply(resource, builder.Configuration);
            _instances[resource] = CreateInstances(resource);
            _ready[resource] = new Lazy<Task>(() => eventing.PublishAsync(new ResourceReadyEvent(resource, services), _stopping.Token));
        }

        var names = _instances.Values.SelectMany(item => item).ToDictionary(item => item.Id, item => _instances[item.Resource].Length == 1 ? item.Resource.Name : item.Id);
        logs.Ids = InstanceIds;
        logs.Echo = (id, line, isError) => console.Write(names.GetValueOrDefault(id, id), line, isError);
        console.Reserve(names.Values);
        console.Write("apphost", $"LocalAspire stand-in for Aspire 13.5.2 ({Reason})", isError: false);

        foreach (var instance in _instances.Values.SelectMany(item => item))
            instance.Publish(before => before with { State = KnownResourceStates.NotStarted });
        foreach (var resource in builder.Resources.OfType<IResourceWithEndpoints>())
            await AllocateAsync(resource, cancellationToken);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in builder.Resources)
            _starts.Add(Task.Run(() => StartResourceAsync(resource), CancellationToken.None));
        await eventing.PublishAsync(new AfterResourcesCreatedEvent(services, services.GetRequiredService<DistributedApplicationModel>()), cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_starts);
        _starts.Clear();
        // those who use a server end before it does, so that their last words still reach it
        await StopAllAsync(item => item is ProjectInstance);
        await StopAllAsync(item => item is not ProjectInstance);
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        _proxies.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        // registered twice (as itself and as a hosted service), so disposed twice
        await StopAsync(CancellationToken.None);
        Http.Dispose();
    }

    public void Say(Instance instance, string message) => logs.Add(instance.Id, message, isError: true);

    /// <summary>Tells the subscribers of the ready event, once per resource; false when one of them failed.</summary>
    public async Task<bool> ReadyAsync(Instance instance)
    {
        var ready = _ready[instance.Resource];
        if (!ready.IsValueCreated && Urls(instance.Resource) is [var url, ..])
            console.Write(instance.Resource.Name, $"is ready at {url.Url}", isError: false);
        try
        {
            await ready.Value;
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Say(instance, $"a subscriber of its ready event failed: {failure.Message}");
            return false;
        }
    }

    public void ChildrenEnd(IResource parent, string state)
    {
        foreach (var child in Children(parent))
            child.Follow(state);
    }

    public ImmutableArray<UrlSnapshot> Urls(IResource resource)
    {
        if (resource is not ProjectResource project)
            return [];
        return [.. project.GetEndpoints().Where(endpoint => endpoint.IsAllocated).Select(endpoint =>
        {
            var url = new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint };
            foreach (var change in project.Annotations.OfType<EndpointUrlCallbackAnnotation>().Where(item => item.EndpointName.Equals(endpoint.EndpointName, StringComparison.OrdinalIgnoreCase)))
                change.Callback(url);
            return new UrlSnapshot(endpoint.EndpointName, new Uri(new Uri(endpoint.Url), url.Url).ToString().TrimEnd('/'), IsInternal: false) { DisplayProperties = new(url.DisplayText ?? "") };
        })];
    }

    public async Task<ExecuteCommandResult> ExecuteAsync(ResourceEvent state, string commandName, CancellationToken cancellationToken)
    {
        var instance = _instances[state.Resource].First(item => item.Id == state.ResourceId);
        switch (commandName)
        {
            case "stop":
                await instance.StopAsync().WaitAsync(cancellationToken);
                return CommandResults.Success();
            case "restart":
                await instance.StopAsync().WaitAsync(cancellationToken);
                goto case "start";
            case "start":
                await instance.StartAsync(_stopping.Token).WaitAsync(cancellationToken);
                await Task.WhenAll(Children(state.Resource).Select(child => child.StartAsync(_stopping.Token))).WaitAsync(cancellationToken);
                return CommandResults.Success();
            default:
                return CommandResults.Failure($"Resource '{state.ResourceId}' has no command '{commandName}'.");
        }
    }

    private IEnumerable<Instance> Children(IResource parent) =>
        _instances.Values.SelectMany(item => item).Where(item => item.Resource is IResourceWithParent child && child.Parent == parent);

    private Instance[] CreateInstances(IResource resource)
    {
        // eight random letters, as the real orchestrator names its instances
        static string Suffix() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8);
        return resource switch
        {
            ProjectResource project => [.. Enumerable.Range(0, project.GetReplicaCount()).Select(_ => new ProjectInstance(this, project, Suffix()))],
            PostgresServerResource server => [new PostgresInstance(this, server, Suffix())],
            RedisResource redis => [new RedisInstance(this, redis, Suffix())],
            PostgresDatabaseResource database => [new DatabaseInstance(this, database)],
            _ => [],
        };
    }

    private async Task AllocateAsync(IResourceWithEndpoints resource, CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(item => item.AllocatedEndpoint is null))
        {
            var wanted = builder.Configuration.GetValue("DcpPublisher:RandomizePorts", defaultValue: false) ? null : endpoint.Port;
            var port = wanted ?? folders.LeasePort();
            if (!RunFolders.IsFree(port))
                throw new DistributedApplicationException(EndpointProxy.PortInUse(port, resource.Name, endpoint.Name));
            if (resource is ProjectResource)
            {
                var replicas = _instances[resource].Cast<ProjectInstance>().ToArray();
                if (endpoint.IsProxied)
                {
                    var proxy = new EndpointProxy(resource.Name, endpoint.Name, replicas);
                    _proxies.Add(proxy);
                    await proxy.StartAsync(port, cancellationToken);
                }
                else
                {
                    port = replicas[0].Port(endpoint.Name);
                }
            }

            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, port);
        }
    }

    private async Task StartResourceAsync(IResource resource)
    {
        var instances = _instances[resource];
        try
        {
            if (resource.Annotations.OfType<WaitAnnotation>().Any())
                SetState(instances, KnownResourceStates.Waiting);
            await notifications.WaitForDependenciesAsync(resource, _stopping.Token);
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), _stopping.Token);
            await Task.WhenAll(instances.Select(instance => instance.StartAsync(_stopping.Token)));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            SetState(instances, KnownResourceStates.NotStarted);
        }
        catch (Exception failure)
        {
            if (failure is not DistributedApplicationException)
                log.LogError(failure, "{Resource} does not start", resource.Name);
            var reason = failure is DistributedApplicationException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
            if (!reason.StartsWith($"{resource.Name} does not start", StringComparison.Ordinal))
                reason = $"{resource.Name} does not start: {reason}";
            // one line on the console, and in the log of every instance
            console.Write(resource.Name, reason, isError: true);
            foreach (var instance in instances)
                logs.Keep(instance.Id, reason, isError: true);
            SetState(instances.Where(instance => !instance.IsRunning), KnownResourceStates.FailedToStart);
        }
    }

    private static void SetState(IEnumerable<Instance> instances, string state)
    {
        foreach (var instance in instances)
            instance.Publish(before => before with { State = state });
    }

    private Task StopAllAsync(Func<Instance, bool> which) => Task.WhenAll(_instances.Values.SelectMany(item => item).Where(which).Select(item => item.StopAsync()));
}
