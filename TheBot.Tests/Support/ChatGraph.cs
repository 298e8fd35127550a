using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;

namespace TheBot.Tests.Support;

/// <summary>A whole graph of its own: Postgres, Redis, migrator with the demo school, two replicas of the chat API.</summary>
public sealed class ChatGraph : IAsyncLifetime
{
    private DistributedApplication _app = null!;

    /// <summary>Options for the AppHost, set before it starts by those who make their own.</summary>
    public string[] Arguments { get; init; } = [];

    public DistributedApplication App => _app;

    /// <summary>The two replicas' own addresses, beside the one that they share (<see cref="Address"/>).</summary>
    public IReadOnlyList<Uri> Replicas { get; private set; } = [];

    /// <summary>Where users reach the API: one port before all replicas.</summary>
    public Uri Address => _app.GetEndpoint("chatapi", "http");

    public async Task InitializeAsync()
    {
        await StartAsync();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("chatapi", Deadline.Token());
        Replicas = await ReplicasAsync();
    }

    /// <summary>Builds and starts the graph without waiting for anything.</summary>
    public async Task StartAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TheBot_AppHost>(Arguments, Deadline.Token());
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        _app = await builder.BuildAsync(Deadline.Token());
        await _app.StartAsync(Deadline.Token());
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    /// <summary>A client of one replica, or of the shared address, for somebody of the demo school (null = nobody).</summary>
    public async Task<HttpClient> RestAsync(string? username, Uri? replica = null)
    {
        var client = new HttpClient { BaseAddress = replica ?? Address };
        if (username is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Token", await TokenAsync(username));
        return client;
    }

    /// <summary>Logs somebody of the demo school in.</summary>
    public async Task<string> TokenAsync(string username)
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var answer = await client.PostAsJsonAsync("/api/auth/login/", new { username, password = "demo" }, Deadline.Token());
        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token());
        return (string)body!["data"]!["token"]!;
    }

    public async Task<SeedSocket> SeedAsync(string username, long roomId, Uri replica) =>
        await SeedSocket.ConnectAsync(replica, $"/ws/chat/{roomId}/?token={await TokenAsync(username)}");

    public async Task<HubConnection> HubAsync(string username, Uri replica)
    {
        var token = await TokenAsync(username);
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(replica, "/hubs/chat"), options =>
            {
                options.AccessTokenProvider = () => Task.FromResult<string?>(token);
                options.SkipNegotiation = true;
                options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
            })
            .AddJsonProtocol(json => json.PayloadSerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower)
            .Build();
        await hub.StartAsync(Deadline.Token());
        return hub;
    }

    /// <summary>The rooms that somebody sees, as the seed's Forum page gets them.</summary>
    public async Task<IReadOnlyList<JsonObject>> ForumAsync(string username)
    {
        using var rest = await RestAsync(username);
        var list = await rest.GetFromJsonAsync<JsonObject>("/api/chat/forum/", Deadline.Token());
        return [.. list!["results"]!.AsArray().Select(room => room!.AsObject())];
    }

    private async Task<IReadOnlyList<Uri>> ReplicasAsync()
    {
        var replicas = new Dictionary<string, Uri>();
        await foreach (var change in _app.ResourceNotifications.WatchAsync(Deadline.Token()))
        {
            if (change.Resource.Name != "chatapi") continue;
            var urls = change.Snapshot.EnvironmentVariables.FirstOrDefault(v => v.Name == "ASPNETCORE_URLS")?.Value;
            if (urls is not null) replicas[change.ResourceId] = new Uri(urls);
            if (replicas.Count == 2) break;
        }

        // all of them answer, not only the one that the shared address found first
        foreach (var replica in replicas.Values)
        {
            using var client = new HttpClient { BaseAddress = replica };
            await Deadline.UntilAsync(() => StatusAsync(client), status => status == 200, $"health of {replica}");
        }

        return [.. replicas.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value)];
    }

    private static async Task<int> StatusAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health", Deadline.Token());
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}

/// <summary>Tests that share one graph; those that break something start their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedGraph : ICollectionFixture<ChatGraph>
{
    public const string Name = "one graph";
}
