using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Symptoms;

/// <summary>What users of the replaced system saw go wrong with messages: the same steps, and what they must see now.</summary>
[Collection(SharedReplicas.Name)]
public sealed partial class MessageSymptomTests(TwoReplicas replicas)
{
    private ApiSchool School => replicas.School;

    /// <summary>Sent from the page and saved, but shown to nobody before they reloaded.</summary>
    [Fact]
    public async Task What_was_sent_from_the_page_was_shown_to_nobody()
    {
        var (room, student, teacher) = await School.ClassAsync();
        await using var old = await School.SeedAsync(teacher, room, replicas.B);
        await using var v1 = await School.FollowAsync(teacher, room, replicas.B);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await TwoReplicas.HubAsync(teacher, replicas.B, hub => hub.On<JsonObject>(nameof(IChatClient.MessageCreated), m => heard.TrySetResult((string)m["content"]!)));
        await hub.InvokeAsync("Subscribe", room, (long?)null, Deadline.Token());

        using var rest = replicas.First.Rest(student.Token);
        using var sent = await rest.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "со страницы" }, Deadline.Token());

        Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        Assert.Equal("со страницы", (string)(await old.NextAsync("chat_message"))["message"]!["content"]!);
        Assert.Equal("со страницы", (string)(await v1.NextAsync(V1Type.MessageCreated))["data"]!["message"]!["content"]!);
        Assert.Equal("со страницы", await heard.Task.WaitAsync(Deadline.Token()));
    }

    /// <summary>One edit closed every socket of the room with 1011.</summary>
    [Fact]
    public async Task One_edit_threw_everybody_out_of_the_room()
    {
        var (room, student, teacher) = await School.ClassAsync();
        var message = await SayAsync(student, room, "опечтка");
        await using var here = await School.SeedAsync(student, room, replicas.A);
        await using var there = await School.SeedAsync(teacher, room, replicas.B);

        using var rest = replicas.First.Rest(student.Token);
        using var edited = await rest.PatchAsJsonAsync($"/api/chat/forum/{room}/messages/{message}/edit/", new { content = "опечатка" }, Deadline.Token());

        Assert.Equal(HttpStatusCode.OK, edited.StatusCode);
        foreach (var socket in new[] { here, there })
        {
            var frame = await socket.NextAsync("message_edited");
            Assert.Equal((message, "опечатка", true), ((long)frame["message_id"]!, (string)frame["content"]!, (bool)frame["is_edited"]!));
            await AssertAliveAsync(socket);
        }
    }

    /// <summary>No bundled client could send, because each said it in another shape; errors had no <c>error</c>, message_sent no message_id.</summary>
    [Theory]
    [InlineData("""{"type":"chat_message","content":"да"}""")]
    [InlineData("""{"type":"chat_message","data":{"content":"да"}}""")]
    [InlineData("""{"type":"chat_message","message":"да","room_id":1}""")]
    [InlineData("""{"type":"chat_message","data":{"chat_id":1,"content":"да","timestamp":"2026-01-06T12:00:00Z"}}""")]
    [InlineData("""{"type":"message_send","data":{"content":"да"}}""")]
    public async Task No_bundled_client_spoke_as_the_server_did(string frame)
    {
        var (room, student, _) = await School.ClassAsync();
        await using var socket = await School.SeedAsync(student, room, replicas.A);
        await socket.SendTextAsync(frame);
        var sent = await socket.NextAsync("message_sent");
        var live = await socket.NextAsync("chat_message");
        await socket.SendTextAsync("""{"type":"chat_message","content":""}""");
        var error = await socket.NextAsync("error");
        Assert.Equal((long)sent["message"]!["id"]!, (long)sent["message_id"]!);
        Assert.Equal(sent["message"]!.ToJsonString(), live["message"]!.ToJsonString());
        Assert.Equal(sent["message"]!.ToJsonString(), live["data"]!["message"]!.ToJsonString());
        Assert.Equal(("validation_error", (string?)error["message"]), ((string?)error["code"], (string?)error["error"]));
    }

    /// <summary>An address without its last slash, or with a word where a number belongs, was answered 500.</summary>
    [Fact]
    public async Task An_address_without_its_slash_was_a_fault_of_the_server()
    {
        var (room, student, _) = await School.ClassAsync();
        foreach (var path in new[] { $"/ws/chat/{room}", $"/ws/chat?room_id={room}", "/ws/chat", "/ws/chat/general" })
        {
            await using var socket = await SeedSocket.ConnectAsync(replicas.A, path, $"Token {student.Token}");
            await socket.NextAsync("room_history");
        }

        foreach (var path in new[] { "/ws/chat/abc/", "/ws/chat/1e3", "/ws/chat/?room_id=abc", "/ws/chat/-1/" })
        {
            await using var socket = await SeedSocket.ConnectAsync(replicas.A, path, $"Token {student.Token}");
            Assert.Equal(CloseCode.NoAccess, await socket.CloseCodeAsync());
        }

        using var rest = replicas.First.Rest(student.Token);
        foreach (var (path, status) in new[] { ($"/api/chat/forum/{room}/messages", 200), ("/api/chat/forum/abc/messages/", 404), ("/api/chat/forum", 200), ($"/api/v1/rooms/{room}/messages/", 200) })
        {
            using var answer = await rest.GetAsync(path, Deadline.Token());
            Assert.Equal((path, status), (path, (int)answer.StatusCode));
        }
    }

    /// <summary>A stranger who was refused was announced to the room, by name.</summary>
    [Fact]
    public async Task A_refused_stranger_was_announced_to_the_room()
    {
        var (room, student, _) = await School.ClassAsync();
        var stranger = await School.PersonAsync();
        await using var inside = await School.SeedAsync(student, room, replicas.A);
        foreach (var replica in new[] { replicas.A, replicas.B })
        {
            await using var refused = await SeedSocket.ConnectAsync(replica, $"/ws/chat/{room}/?token={stranger.Token}");
            Assert.Equal(CloseCode.NoAccess, await refused.CloseCodeAsync());
        }

        await inside.SendAsync(new { type = "chat_message", content = "кто там?" });
        await inside.NextAsync("chat_message");
        Assert.DoesNotContain(inside.Seen, frame => (string?)frame["user"]?["username"] == stranger.Username);
        Assert.Equal(1, inside.Seen.Count(frame => (string)frame["type"]! is "user_joined" or "user_left" or "typing_stop"));
    }

    /// <summary>Muted people wrote, locked and ended rooms took messages over the socket, and former members stayed.</summary>
    [Fact]
    public async Task Muted_locked_ended_and_former_made_no_difference()
    {
        var (room, student, teacher) = await School.ClassAsync();
        using var admin = replicas.First.Rest((await School.PersonAsync(Role.Teacher, isAdministrator: true)).Token);
        var guardian = await School.PersonAsync(Role.Parent);
        await DoneAsync(admin.PutAsync($"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}", null));
        using var moderator = replicas.First.Rest(teacher.Token);
        await using var socket = await School.SeedAsync(student, room, replicas.B);
        await using var guardians = await School.SeedAsync(guardian, room, replicas.B);

        await DoneAsync(moderator.PutAsJsonAsync($"/api/v1/rooms/{room}/members/{student.Id}/mute", new { }));
        await AssertRefusedAsync(student, room, socket, ErrorCode.Muted);
        await DoneAsync(moderator.DeleteAsync($"/api/v1/rooms/{room}/members/{student.Id}/mute"));

        await DoneAsync(moderator.PutAsync($"/api/v1/rooms/{room}/lock", null));
        await AssertRefusedAsync(student, room, socket, ErrorCode.ReadOnly);
        await DoneAsync(moderator.DeleteAsync($"/api/v1/rooms/{room}/lock"));

        await DoneAsync(admin.DeleteAsync($"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}"));
        Assert.Equal(CloseCode.NoAccess, await guardians.CloseCodeAsync());
        using var former = replicas.Second.Rest(guardian.Token);
        Assert.Equal(HttpStatusCode.NotFound, (await former.GetAsync($"/api/chat/forum/{room}/messages/", Deadline.Token())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await former.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "я ещё тут" }, Deadline.Token())).StatusCode);

        await SayAsync(student, room, "пока можно");
        var enrollment = await School.School.ScalarAsync<long>("SELECT enrollment_id FROM rooms WHERE id = $1", room);
        await DoneAsync(admin.PutAsJsonAsync($"/api/v1/roster/enrollments/{enrollment}/active", new { active = false }));
        await AssertRefusedAsync(student, room, socket, ErrorCode.ReadOnly);
        Assert.Equal(["пока можно"], await School.School.QueryAsync("SELECT content FROM messages WHERE room_id = $1", row => row.GetString(0), room));
    }

    /// <summary>A long room opened on its oldest page, ties were in any order, and pages shifted while messages came.</summary>
    [Fact]
    public async Task A_long_room_opened_on_old_text_and_its_pages_shifted()
    {
        var (room, student, teacher) = await School.ClassAsync();
        for (var i = 0; i < 60; i++) await SayAsync(student, room, $"{i}");
        // as after an import: many messages of one moment
        await School.School.ExecuteAsync("UPDATE messages SET created_at = date_trunc('hour', created_at) WHERE room_id = $1", room);
        using var rest = replicas.First.Rest(teacher.Token);

        var first = await PageAsync(rest, $"/api/chat/forum/{room}/messages/?limit=20");
        Assert.Equal(Enumerable.Range(40, 20).Select(i => $"{i}"), first.Select(m => (string)m!["content"]!));
        await using (var socket = await School.SeedAsync(teacher, room, replicas.B))
        {
            Assert.Equal(Enumerable.Range(10, 50).Select(i => $"{i}"), socket.Seen[0]["messages"]!.AsArray().Select(m => (string)m!["content"]!));
        }

        // back to the beginning, while somebody goes on talking: nothing comes twice, nothing is left out
        var read = new List<string>();
        long? before = null;
        for (var page = 0; ; page++)
        {
            var messages = await PageAsync(rest, $"/api/v1/rooms/{room}/messages?limit=7{(before is { } seq ? $"&before={seq}" : "")}");
            if (messages.Count == 0) break;
            read.InsertRange(0, messages.Select(m => (string)m!["content"]!));
            before = (long)messages[0]!["seq"]!;
            await SayAsync(student, room, $"новое {page}");
        }

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}"), read);
    }

    private async Task<long> SayAsync(Person who, long room, string text)
    {
        using var rest = replicas.First.Rest(who.Token);
        using var answer = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = text }, Deadline.Token());
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (long)(await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["id"]!;
    }

    /// <summary>By every door.</summary>
    private async Task AssertRefusedAsync(Person who, long room, SeedSocket socket, string code)
    {
        await socket.SendAsync(new { type = "chat_message", content = "а так?" });
        Assert.Equal(code, (string)(await socket.NextAsync("error"))["code"]!);
        using var rest = replicas.Second.Rest(who.Token);
        using var answer = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "а так?" }, Deadline.Token());
        Assert.Equal((HttpStatusCode.Forbidden, code), (answer.StatusCode, (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["code"]));
        using var forum = await rest.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "а так?" }, Deadline.Token());
        Assert.False(forum.IsSuccessStatusCode);
        await using var hub = await TwoReplicas.HubAsync(who, replicas.A);
        var failed = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("SendMessage", room, new SendMessageRequest("а так?"), Deadline.Token()));
        Assert.Contains($"{code}: ", failed.Message, StringComparison.Ordinal);
    }

    private static async Task AssertAliveAsync(SeedSocket socket)
    {
        await socket.SendAsync(new { type = "ping" });
        await socket.NextAsync("pong");
    }

    private static async Task<JsonArray> PageAsync(HttpClient rest, string path) => (await rest.GetFromJsonAsync<JsonObject>(path, Deadline.Token()))!["results"]!.AsArray();

    private static async Task DoneAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
