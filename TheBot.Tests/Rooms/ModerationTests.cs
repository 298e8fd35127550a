using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Rooms;

/// <summary>What moderators do, as it reaches everybody in every dialect and holds for every door.</summary>
[Collection(SharedGraph.Name)]
public sealed class ModerationTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task A_mute_is_told_in_every_dialect_holds_at_once_and_ends_when_it_is_taken_back()
    {
        var school = await graph.NewClassAsync();
        var (room, student) = (school.SubjectRoom, school.Student.Id);
        using var teacher = graph.Rest(school.Teacher, A);
        using var rest = graph.Rest(school.Student, B);
        await using var seed = await ChatGraph.SeedAsync(school.Guardian, room, A);
        await using var v1 = await OpenV1Async(school.Student, room, B);
        await using var hub = await ChatGraph.HubWithAsync(school.Teacher.Token, B);
        var told = new TaskCompletionSource<JsonObject>();
        hub.On<JsonObject>("MemberMuted", told.SetResult);
        await hub.InvokeAsync<SubscribeReply>("Subscribe", room, null);

        var until = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds());
        using var muted = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{student}/mute", new { until });
        using var again = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{student}/mute", new { until });
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (muted.StatusCode, again.StatusCode));

        var inV1 = await v1.NextAsync(V1Type.MemberMuted);
        var inHub = await told.Task.WaitAsync(Deadline.Token());
        var inSeed = await seed.NextAsync("user_muted");
        Assert.Equal((student, WireTime.Format(until)), ((long)inV1["data"]!["user"]!["id"]!, (string)inV1["data"]!["muted_until"]!));
        Assert.Equal((long)inV1["seq"]!, (long)inHub["seq"]!);
        Assert.Equal((school.Teacher.Id, WireTime.Format(until)), ((long)inHub["user_id"]!, (string)inHub["muted_until"]!));
        Assert.Equal($$$"""{"type":"user_muted","data":{"chat_id":"{{{room}}}","user_id":{{{student}}},"is_muted":true}}""", inSeed.ToJsonString());

        using var refused = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "а я?" });
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.Muted), (refused.StatusCode, await CodeAsync(refused)));
        Assert.False((bool)(await rest.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}"))!["rights"]!["send"]!);
        Assert.Equal(WireTime.Format(until), await MutedUntilAsync(rest, room, student));
        using var parent = graph.Rest(school.Guardian);
        Assert.Null(await MutedUntilAsync(parent, room, student)); // between moderators and the muted

        using var unmuted = await teacher.DeleteAsync($"/api/v1/rooms/{room}/members/{student}/mute");
        Assert.Equal(HttpStatusCode.NoContent, unmuted.StatusCode);
        var next = await v1.NextAsync(V1Type.MemberMuted);
        Assert.Equal((null, (long)inV1["seq"]! + 1), ((string?)next["data"]!["muted_until"], (long)next["seq"]!)); // repeating the mute was no event
        using var accepted = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "спасибо" });
        Assert.Equal(HttpStatusCode.Created, accepted.StatusCode);
    }

    [Fact]
    public async Task A_mute_without_an_end_lasts_and_moderators_and_strangers_cannot_be_muted()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        using var teacher = graph.Rest(school.Teacher);
        var outsider = await graph.NewPersonAsync("student");

        using var forEver = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{school.Student.Id}/mute", new { });
        using var self = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{school.Teacher.Id}/mute", new { });
        using var stranger = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{outsider.Id}/mute", new { });
        using var past = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{school.Guardian.Id}/mute", new { until = DateTimeOffset.UtcNow.AddMinutes(-1) });

        Assert.Equal(HttpStatusCode.NoContent, forEver.StatusCode);
        Assert.Equal("9999-12-31T23:59:59Z", await MutedUntilAsync(teacher, room, school.Student.Id));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.AccessDenied), (self.StatusCode, await CodeAsync(self)));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCode.NotFound), (stranger.StatusCode, await CodeAsync(stranger)));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (past.StatusCode, await CodeAsync(past)));
    }

    [Fact]
    public async Task Slow_mode_makes_members_wait_and_moderators_not_and_says_how_long()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        using var teacher = graph.Rest(school.Teacher, A);
        using var student = graph.Rest(school.Student, B);
        await using var v1 = await OpenV1Async(school.Student, room, A);
        using var set = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/slow-mode", new { seconds = 600 });
        Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
        Assert.Equal(600, (int)(await v1.NextAsync(V1Type.RoomUpdated))["data"]!["slow_mode_seconds"]!);

        using var first = await SendAsync(student, room, "раз", "one");
        using var second = await SendAsync(student, room, "два", "two");
        using var repeated = await SendAsync(student, room, "раз", "one");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, repeated.StatusCode));
        Assert.Equal((HttpStatusCode.TooManyRequests, ErrorCode.SlowMode), (second.StatusCode, await CodeAsync(second)));
        Assert.InRange(second.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 600);
        await v1.SendAsync(new { type = "send", id = "s", room, data = new { client_id = "three", content = "три" } });
        var error = (await v1.NextAsync(V1Type.Error))["data"]!;
        Assert.Equal(ErrorCode.SlowMode, (string)error["code"]!);
        Assert.InRange((double)error["retry_after"]!, 1, 600);

        for (var i = 0; i < 3; i++)
        {
            using var by = await SendAsync(teacher, room, $"объявление {i}", $"t{i}");
            Assert.Equal(HttpStatusCode.Created, by.StatusCode);
        }

        using var off = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/slow-mode", new { seconds = 0 });
        using var now = await SendAsync(student, room, "два", "two");
        using var tooLong = await teacher.PutAsJsonAsync($"/api/v1/rooms/{room}/slow-mode", new { seconds = 3601 });
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Created), (off.StatusCode, now.StatusCode));
        Assert.NotNull((await tooLong.Content.ReadFromJsonAsync<JsonObject>())!["errors"]!["seconds"]);
    }

    [Fact]
    public async Task A_burst_in_slow_mode_gets_exactly_one_message_through()
    {
        var school = await graph.NewClassAsync();
        using var teacher = graph.Rest(school.Teacher);
        using var set = await teacher.PutAsJsonAsync($"/api/v1/rooms/{school.SubjectRoom}/slow-mode", new { seconds = 3600 });
        HttpClient[] devices = [graph.Rest(school.Student, A), graph.Rest(school.Student, B)];

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => SendAsync(devices[i % 2], school.SubjectRoom, $"{i}", $"{i}")));

        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(39, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
        foreach (var answer in answers) answer.Dispose();
        foreach (var device in devices) device.Dispose();
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient rest, long room, string content, string clientId) =>
        rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content, client_id = clientId }, Deadline.Token());

    private static async Task<string?> MutedUntilAsync(HttpClient rest, long room, long who) =>
        (string?)(await rest.GetFromJsonAsync<JsonArray>($"/api/v1/rooms/{room}/members"))!.Single(member => (long)member!["user"]!["id"]! == who)!["muted_until"];

    private static async Task<string> CodeAsync(HttpResponseMessage answer) => (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["code"]!;

    private static async Task<SeedSocket> OpenV1Async(Support.Person who, long room, Uri replica)
    {
        var socket = await SeedSocket.ConnectAsync(replica, $"/ws?token={who.Token}", subprotocol: V1Protocol.Subprotocol);
        await socket.SendAsync(new { type = "subscribe", id = "s", room });
        await socket.NextAsync(V1Type.Presence);
        return socket;
    }
}
