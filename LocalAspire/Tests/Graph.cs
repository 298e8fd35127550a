using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace LocalAspire.Tests;

/// <summary>The sample graph, started for a test.</summary>
internal sealed class Graph : IAsyncDisposable
{
    public const string JwtKey = "a key for tests";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Graph(DistributedApplication app) => App = app;

    public DistributedApplication App { get; }

    public ResourceNotificationService Notifications => App.ResourceNotifications;

    public static async Task<Graph> StartAsync(Action<IDistributedApplicationTestingBuilder>? change = null, params string[] args)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ChatLab_AppHost>([$"Parameters:jwt-key={JwtKey}", .. args], deadline.Token);
        change?.Invoke(builder);
        var app = await builder.BuildAsync(deadline.Token);
        try
        {
            await app.StartAsync(deadline.Token);
            return new Graph(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public static async Task<Graph> StartHealthyAsync(Action<IDistributedApplicationTestingBuilder>? change = null, params string[] args)
    {
        var graph = await StartAsync(change, args);
        await graph.AllReplicasHealthyAsync();
        return graph;
    }

    public async Task AllReplicasHealthyAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        var well = new HashSet<string>();
        await Notifications.WaitForResourceAsync("chatapi", item => item.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
            && well.Add(item.ResourceId) && well.Count == 2, deadline.Token);
    }

    public async Task<ResourceEvent> UntilAsync(string resource, Func<ResourceEvent, bool> predicate)
    {
        using var deadline = new CancellationTokenSource(Patience);
        return await Notifications.WaitForResourceAsync(resource, predicate, deadline.Token);
    }

    public async Task<IReadOnlyList<ResourceEvent>> ReplicasAsync()
    {
        var found = new Dictionary<string, ResourceEvent>();
        await UntilAsync("chatapi", item => (found[item.ResourceId] = item) is not null && found.Count == 2);
        return [.. found.Values];
    }

    public Uri Address => App.GetEndpoint("chatapi");

    public HttpClient Client() => new() { BaseAddress = Address };

    public async Task<int> AskPidAsync()
    {
        using var client = Client();
        return await client.GetFromJsonAsync<int>("/pid");
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();
}

internal static class Wait
{
    /// <summary>Until the condition holds, asked again and again; an error after the deadline.</summary>
    /// <param name="found">What there is instead, looked up when the deadline has passed.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan deadline, string what, Func<string>? found = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > deadline)
                Assert.Fail($"not within {deadline.TotalSeconds} s: {what}{(found is null ? "" : $"; but {found()}")}");
            await Task.Delay(50);
        }
    }
}

internal static class ResourceEvents
{
    public static int Pid(this ResourceEvent item) => (int)item.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;

    public static string? Variable(this ResourceEvent item, string name) => item.Snapshot.EnvironmentVariables.SingleOrDefault(variable => variable.Name == name)?.Value;
}
