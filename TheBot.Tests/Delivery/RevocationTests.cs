using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>A login that ends, ends everywhere: at REST, and for the connections that it opened, on the other replica too.</summary>
[Collection(SharedGraph.Name)]
public sealed class RevocationTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task Logging_out_closes_the_connections_of_that_token_and_no_others()
    {
        var (school, secondToken) = await ClassWithTwoLoginsAsync();
        await using var phone = await OpenAsync(school, school.Student.Token);
        await using var laptop = await OpenAsync(school, secondToken);

        using var rest = graph.Rest(school.Student, A);
        using var answer = await rest.PostAsync("/api/v1/auth/logout", null, Deadline.Token());
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);

        await phone.AssertRevokedAsync();
        using var again = await rest.GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        await laptop.AssertAliveAsync(school.SubjectRoom);
    }

    [Fact]
    public async Task Ending_all_logins_closes_everything_of_that_person_and_nothing_of_others()
    {
        var (school, secondToken) = await ClassWithTwoLoginsAsync();
        await using var phone = await OpenAsync(school, school.Student.Token);
        await using var laptop = await OpenAsync(school, secondToken);
        await using var teacher = await OpenAsync(school, school.Teacher.Token);

        using var rest = graph.Rest(school.Student, A);
        using var answer = await rest.DeleteAsync("/api/v1/auth/tokens", Deadline.Token());
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);

        await phone.AssertRevokedAsync();
        await laptop.AssertRevokedAsync();
        await teacher.AssertAliveAsync(school.SubjectRoom);
    }

    [Fact]
    public async Task A_disabled_account_is_thrown_out_at_once_and_comes_back_only_by_a_new_login()
    {
        var (school, _) = await ClassWithTwoLoginsAsync();
        await using var connections = await OpenAsync(school, school.Student.Token);
        using var admin = await graph.RestAsync("demo.admin", A);

        await SetActiveAsync(admin, school.Student, false, HttpStatusCode.NoContent);
        await SetActiveAsync(admin, school.Student, false, HttpStatusCode.NoContent);

        await connections.AssertRevokedAsync();
        await using var refused = await SeedSocket.ConnectAsync(B, $"/ws/chat/{school.SubjectRoom}/?token={school.Student.Token}");
        Assert.Equal(CloseCode.NotAuthenticated, await refused.CloseCodeAsync());
        Assert.Equal(HttpStatusCode.Forbidden, (await graph.LogInAsync(school.Student.Username, ChatGraph.Password)).Status);

        await SetActiveAsync(admin, school.Student, true, HttpStatusCode.NoContent);
        using var old = graph.Rest(school.Student, A);
        using var stillRefused = await old.GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.Unauthorized, stillRefused.StatusCode);
        var (status, token) = await graph.LogInAsync(school.Student.Username, ChatGraph.Password);
        Assert.Equal(HttpStatusCode.OK, status);
        await using var back = await OpenAsync(school, token!);
        await back.AssertAliveAsync(school.SubjectRoom);
    }

    [Fact]
    public async Task Refusals_name_what_is_wrong()
    {
        using var admin = await graph.RestAsync("demo.admin", A);
        using var student = await graph.RestAsync("demo.student", A);
        using var login = await admin.PostAsJsonAsync("/api/auth/login/", new { username = "demo.admin", password = "demo" }, Deadline.Token());
        var me = (long)(await login.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["data"]!["user"]!["id"]!;

        Assert.Equal((HttpStatusCode.NotFound, ErrorCode.NotFound, null), await PutAsync(admin, "/api/v1/roster/users/999999999/active", new { active = false }));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation, "active"), await PutAsync(admin, "/api/v1/roster/users/1/active", new { }));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation, "id"), await PutAsync(admin, $"/api/v1/roster/users/{me}/active", new { active = false }));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.AccessDenied, null), await PutAsync(student, $"/api/v1/roster/users/{me}/active", new { active = false }));
        using var nobody = new HttpClient { BaseAddress = A };
        using var answer = await nobody.PostAsync("/api/v1/auth/logout", null, Deadline.Token());
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private static async Task<(HttpStatusCode Status, string? Code, string? Field)> PutAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PutAsJsonAsync(path, body, Deadline.Token());
        var problem = (await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!;
        return (answer.StatusCode, (string?)problem["code"], (problem["errors"] as JsonObject)?.FirstOrDefault().Key);
    }

    private static async Task SetActiveAsync(HttpClient admin, Person person, bool active, HttpStatusCode expected)
    {
        using var answer = await admin.PutAsJsonAsync($"/api/v1/roster/users/{person.Id}/active", new { active }, Deadline.Token());
        Assert.Equal(expected, answer.StatusCode);
    }

    private async Task<(SchoolClass School, string SecondToken)> ClassWithTwoLoginsAsync()
    {
        var school = await graph.NewClassAsync();
        return (school, (await graph.LogInAsync(school.Student.Username, ChatGraph.Password)).Token!);
    }

    private Task<ThreeConnections> OpenAsync(SchoolClass school, string token) => ThreeConnections.OpenAsync(token, school.SubjectRoom, B);
}

/// <summary>One login's connections, one of each kind, that follow a room.</summary>
internal sealed class ThreeConnections : IAsyncDisposable
{
    private readonly TaskCompletionSource<int> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ThreeConnections(SeedSocket seed, SeedSocket v1, HubConnection hub)
    {
        (Seed, V1, Hub) = (seed, v1, hub);
        hub.On<int, string>(nameof(IChatClient.Closed), (code, _) => _closed.TrySetResult(code));
    }

    public SeedSocket Seed { get; }
    public SeedSocket V1 { get; }
    public HubConnection Hub { get; }

    /// <summary>The code with which the hub said goodbye.</summary>
    public Task<int> HubClosed => _closed.Task;

    public static async Task<ThreeConnections> OpenAsync(string token, long room, Uri replica)
    {
        var seed = await SeedSocket.ConnectAsync(replica, $"/ws/chat/{room}/?token={token}");
        await seed.NextAsync("room_history");
        var v1 = await SeedSocket.ConnectAsync(replica, $"/ws?token={token}", subprotocol: V1Protocol.Subprotocol);
        await v1.SendAsync(new { type = "subscribe", room });
        await v1.NextAsync(V1Type.Subscribed);
        var three = new ThreeConnections(seed, v1, await ChatGraph.HubWithAsync(token, replica));
        await three.Hub.InvokeAsync("Subscribe", room, (long?)null, Deadline.Token());
        return three;
    }

    public async Task AssertRevokedAsync()
    {
        Assert.Equal(CloseCode.NotAuthenticated, await Seed.CloseCodeAsync());
        Assert.Equal(CloseCode.Revoked, await V1.CloseCodeAsync());
        Assert.Equal(CloseCode.Revoked, await HubClosed.WaitAsync(Deadline.Token()));
    }

    /// <summary>All three still hear what is said in the room.</summary>
    public async Task AssertAliveAsync(long room)
    {
        var text = $"ещё здесь {Guid.NewGuid()}";
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listening = Hub.On<JsonObject>(nameof(IChatClient.MessageCreated), message =>
        {
            if ((string?)message["content"] == text) heard.TrySetResult();
        });
        await V1.SendAsync(new { type = "send", id = "alive", room, data = new { client_id = Guid.NewGuid().ToString("N"), content = text } });
        await V1.NextAsync(V1Type.MessageCreated, f => (string)f["data"]!["message"]!["content"]! == text);
        await Seed.NextAsync("chat_message", f => (string)f["message"]!["content"]! == text);
        await heard.Task.WaitAsync(Deadline.Token());
    }

    public async ValueTask DisposeAsync()
    {
        await Seed.DisposeAsync();
        await V1.DisposeAsync();
        await Hub.DisposeAsync();
    }
}
