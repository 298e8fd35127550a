using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TheBot.Tests.Support;

/// <summary>A whole graph of its own: Postgres, Redis, migrator with the demo school, two replicas of the chat API.</summary>
public sealed class ChatGraph : IAsyncLifetime
{
    private DistributedApplication _app = null!;

    /// <summary>Of everybody who comes by <see cref="NewPersonAsync"/>.</summary>
    public const string Password = ApiSchool.Password;

    /// <summary>Options for the AppHost, set before it starts by those who make their own.</summary>
    public string[] Arguments { get; init; } = [];

    /// <summary>Whether the limits on messages hold as a school has them; most tests say more at once than anybody would.</summary>
    public bool HasLimits { get; init; }

    /// <summary>Copies of the chat API.</summary>
    public int ReplicaCount { get; init; } = 2;

    /// <summary>What else is different in this graph.</summary>
    public Action<IDistributedApplicationTestingBuilder> Configure { get; init; } = _ => { };

    public DistributedApplication App => _app;

    /// <summary>The replicas' own addresses, beside the one that they share (<see cref="Address"/>).</summary>
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
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddFilter("TheBot.AppHost.Resources", LogLevel.None));
        if (!HasLimits)
        {
            builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "chatapi"))
                .WithEnvironment("Chat__Limits__MessagesPerSecond", "0")
                .WithEnvironment("Chat__Limits__SocketsPerPerson", "1000");
        }

        if (ReplicaCount != 2) builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "chatapi")).WithReplicas(ReplicaCount);
        Configure(builder);
        _app = await builder.BuildAsync(Deadline.Token());
        await _app.StartAsync(Deadline.Token());
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    public IResource Resource(string name) => _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == name);

    /// <summary>A client of one replica, or of the shared address, for somebody of the demo school (null = nobody).</summary>
    public async Task<HttpClient> RestAsync(string? username, Uri? replica = null) => Client(username is null ? null : await TokenAsync(username), replica);

    /// <summary>A client of one replica, or of the shared address, for somebody with a token.</summary>
    public HttpClient Rest(Person person, Uri? replica = null) => Client(person.Token, replica);

    /// <summary>One more login of somebody, without the price of a password.</summary>
    public async Task<string> TokenAsync(string username)
    {
        await using var database = await DatabaseAsync();
        await using var find = database.CreateCommand("SELECT id FROM users WHERE username = $1");
        find.Parameters.AddWithValue(username);
        return await database.LogInAsync(await find.ExecuteScalarAsync(Deadline.Token()) as long? ?? throw new InvalidOperationException($"nobody is called {username}"));
    }

    /// <summary>A login's status, and its token where it was let in.</summary>
    public async Task<(HttpStatusCode Status, string? Token)> LogInAsync(string username, string password)
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var answer = await client.PostAsJsonAsync("/api/auth/login/", new { username, password }, Deadline.Token());
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token());
        return (answer.StatusCode, (string?)body!["data"]?["token"]);
    }

    public async Task<SeedSocket> SeedAsync(string username, long roomId, Uri replica) =>
        await SeedSocket.ConnectAsync(replica, $"/ws/chat/{roomId}/?token={await TokenAsync(username)}");

    public async Task<HubConnection> HubAsync(string username, Uri replica) => await HubWithAsync(await TokenAsync(username), replica);

    public static Task<SeedSocket> SeedAsync(Person person, long roomId, Uri replica) => SeedSocket.ConnectAsync(replica, $"/ws/chat/{roomId}/?token={person.Token}");

    public static async Task<HubConnection> HubWithAsync(string token, Uri replica, Action<HubConnection>? listen = null)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(replica, "/hubs/chat"), options =>
            {
                options.AccessTokenProvider = () => Task.FromResult<string?>(token);
                options.SkipNegotiation = true;
                options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
            })
            .AddJsonProtocol(json => json.PayloadSerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower)
            .Build();
        listen?.Invoke(hub);
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

    /// <summary>A new person with an account of their own and a valid token.</summary>
    public async Task<Person> NewPersonAsync(string role)
    {
        using var admin = await RestAsync("demo.admin");
        var username = $"{role}.{Guid.NewGuid():N}";
        var id = await PostAsync(admin, "users", new { username, first_name = "Тест", last_name = role, role });
        await using var database = await DatabaseAsync();
        await using var setPassword = database.CreateCommand("UPDATE users SET password_hash = $2 WHERE id = $1");
        setPassword.Parameters.AddWithValue(id);
        setPassword.Parameters.AddWithValue(ApiSchool.StoredPassword);
        await setPassword.ExecuteNonQueryAsync(Deadline.Token());
        return new Person(id, username, await database.LogInAsync(id));
    }

    /// <summary>A new student with a guardian, enrolled with a new teacher in a new subject.</summary>
    public async Task<SchoolClass> NewClassAsync()
    {
        var (student, teacher, guardian) = (await NewPersonAsync("student"), await NewPersonAsync("teacher"), await NewPersonAsync("parent"));
        using var admin = await RestAsync("demo.admin");
        using var related = await admin.PutAsync($"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}", null, Deadline.Token());
        related.EnsureSuccessStatusCode();
        var subject = await PostAsync(admin, "subjects", new { name = "Физика" });
        using var enrolled = await admin.PostAsJsonAsync(
            "/api/v1/roster/enrollments", new { student_id = student.Id, subject_id = subject, teacher_id = teacher.Id }, Deadline.Token());
        enrolled.EnsureSuccessStatusCode();
        var enrollment = (await enrolled.Content.ReadFromJsonAsync<JsonObject>())!;
        var room = enrollment["rooms"]!.AsArray().Single(r => (string)r!["kind"]! == "forum_subject")!;
        return new SchoolClass((long)enrollment["id"]!, (long)room["id"]!, student, teacher, guardian);
    }

    // not pooled: a test may have killed the server since the last time
    private async Task<NpgsqlDataSource> DatabaseAsync() =>
        NpgsqlDataSource.Create($"{await _app.GetConnectionStringAsync("chatdb", Deadline.Token())};Pooling=false");

    private HttpClient Client(string? token, Uri? replica)
    {
        var client = new HttpClient { BaseAddress = replica ?? Address };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Token", token);
        return client;
    }

    private static async Task<long> PostAsync(HttpClient admin, string what, object body)
    {
        using var answer = await admin.PostAsJsonAsync($"/api/v1/roster/{what}", body, Deadline.Token());
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (long)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
    }

    private async Task<IReadOnlyList<Uri>> ReplicasAsync()
    {
        var replicas = new Dictionary<string, Uri>();
        await foreach (var change in _app.ResourceNotifications.WatchAsync(Deadline.Token()))
        {
            if (change.Resource.Name != "chatapi") continue;
            var urls = change.Snapshot.EnvironmentVariables.FirstOrDefault(v => v.Name == "ASPNETCORE_URLS")?.Value;
            if (urls is not null) replicas[change.ResourceId] = new Uri(urls);
            if (replicas.Count == ReplicaCount) break;
        }

        // all of them answer, not only the one that the shared address found first, and hear the bell: what rides that alone would be lost until then
        foreach (var replica in replicas.Values)
        {
            using var client = new HttpClient { BaseAddress = replica };
            await Deadline.UntilAsync(() => AnswersAsync(client), answers => answers, $"{replica} answers");
            await Health.UntilAsync(client, "Healthy");
        }

        return [.. replicas.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value)];
    }

    private static async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health", Deadline.Token());
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <param name="Id">User id.</param>
/// <param name="Username">Login name.</param>
/// <param name="Token">A valid token.</param>
public sealed record Person(long Id, string Username, string Token);

/// <summary>One enrollment and its people.</summary>
public sealed record SchoolClass(long EnrollmentId, long SubjectRoom, Person Student, Person Teacher, Person Guardian);

/// <summary>Tests that share one graph; those that break something start their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedGraph : ICollectionFixture<ChatGraph>
{
    public const string Name = "one graph";
}
