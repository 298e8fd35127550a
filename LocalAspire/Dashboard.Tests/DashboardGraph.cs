using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Dashboard.Tests;

/// <summary>The product's graph with its dashboard, as `dotnet run` starts them, but on free ports.</summary>
public sealed partial class DashboardGraph : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<string> _login = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal DistributedApplication App { get; private set; } = null!;

    /// <summary>What the AppHost printed: the address with the token.</summary>
    public Uri LoginUrl { get; private set; } = null!;

    /// <summary>Both replicas, in the order of their ids.</summary>
    internal IReadOnlyList<Replica> Replicas { get; private set; } = [];

    public async Task InitializeAsync()
    {
        using var deadline = new CancellationTokenSource(Patience * 2);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TheBot_AppHost>(["--LocalAspire:Dashboard=true"], deadline.Token);
        builder.Services.AddSingleton<ILoggerProvider>(new Listener(line =>
        {
            if (LoginLine().Match(line) is { Success: true } match)
                _login.TrySetResult(match.Groups[1].Value);
        }));
        App = await builder.BuildAsync(deadline.Token);
        await App.StartAsync(deadline.Token);
        LoginUrl = new Uri(await _login.Task.WaitAsync(deadline.Token));

        var well = new Dictionary<string, ResourceEvent>();
        await App.ResourceNotifications.WaitForResourceAsync("chatapi", item =>
        {
            if (item.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy)
                well[item.ResourceId] = item;
            return well.Count == 2;
        }, deadline.Token);
        Replicas = [.. well.Values.OrderBy(item => item.ResourceId, StringComparer.Ordinal).Select(item => new Replica(item.ResourceId, new Uri(item.Snapshot.EnvironmentVariables.Single(variable => variable.Name == "ASPNETCORE_URLS").Value!)))];
    }

    public async Task DisposeAsync()
    {
        if (App is not null)
            await App.DisposeAsync();
    }

    /// <summary>The process id of a replica that runs.</summary>
    public async Task<int> PidAsync(string replica, Func<int, bool>? fits = null)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var found = await App.ResourceNotifications.WaitForResourceAsync("chatapi",
            item => item.ResourceId == replica && item.Snapshot.State?.Text == KnownResourceStates.Running && fits?.Invoke(Pid(item)) != false, deadline.Token);
        return Pid(found);

        static int Pid(ResourceEvent item) => (int)item.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;
    }

    /// <summary>A student of the demo school says something at one replica while the teacher listens at the other; returns once both have it.</summary>
    public async Task SayAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var (student, teacher) = (await LoginAsync("demo.student", deadline.Token), await LoginAsync("demo.teacher", deadline.Token));
        var room = (await RoomsAsync(student, deadline.Token)).First((await RoomsAsync(teacher, deadline.Token)).Contains);
        using var listening = await OpenAsync(Replicas[0].Address, room, teacher, deadline.Token);
        using var speaking = await OpenAsync(Replicas[1].Address, room, student, deadline.Token);
        await speaking.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { type = "chat_message", content = text }), WebSocketMessageType.Text, true, deadline.Token);
        await UntilAsync(speaking, text, deadline.Token);
        await UntilAsync(listening, text, deadline.Token);
    }

    /// <summary>Asks the dashboard as a browser would, with or without having logged in.</summary>
    public async Task<HttpClient> BrowserAsync(bool loggedIn)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(LoginUrl, "/") };
        if (!loggedIn)
            return client;
        using var answer = await client.GetAsync(LoginUrl);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return client;
    }

    private async Task<string> LoginAsync(string username, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = Replicas[0].Address };
        using var answer = await client.PostAsJsonAsync("/api/auth/login/", new { username, password = "demo" }, cancellationToken);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("data").GetProperty("token").GetString()!;
    }

    /// <summary>Those of their lessons: not everybody's.</summary>
    private async Task<long[]> RoomsAsync(string token, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = Replicas[0].Address, DefaultRequestHeaders = { Authorization = new("Token", token) } };
        var page = await client.GetFromJsonAsync<JsonElement>("/api/v1/rooms", cancellationToken);
        return [.. page.EnumerateArray().Where(room => room.GetProperty("kind").GetString() != "general").Select(room => room.GetProperty("id").GetInt64())];
    }

    private static async Task<ClientWebSocket> OpenAsync(Uri replica, long room, string token, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(replica) { Scheme = "ws", Path = $"/ws/chat/{room}/", Query = $"token={token}" }.Uri, cancellationToken);
        await UntilAsync(socket, "room_history", cancellationToken);
        return socket;
    }

    private static async Task UntilAsync(ClientWebSocket socket, string text, CancellationToken cancellationToken)
    {
        var buffer = new byte[256 * 1024];
        while (true)
        {
            var filled = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
                Assert.NotEqual(WebSocketMessageType.Close, part.MessageType);
                filled += part.Count;
            }
            while (!part.EndOfMessage);
            if (Encoding.UTF8.GetString(buffer, 0, filled).Contains(text, StringComparison.Ordinal))
                return;
        }
    }

    [GeneratedRegex(@"Login to the dashboard at (http://\S+)")]
    private static partial Regex LoginLine();

    internal sealed record Replica(string Id, Uri Address);

    private sealed class Listener(Action<string> heard) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => heard(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}

/// <summary>Tests that share one graph.</summary>
[CollectionDefinition(Name)]
public sealed class DashboardGraphTests : ICollectionFixture<DashboardGraph>
{
    public const string Name = "dashboard graph";
}
