using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;

namespace TheBot.Tests.Symptoms;

/// <content>Who did what they must not, and what the server said to nonsense.</content>
public sealed partial class MessageSymptomTests
{
    /// <summary>Any teacher in a room deleted anything, any member renamed or deleted the room, anybody wrote anywhere and marked foreign messages.</summary>
    [Fact]
    public async Task Anybody_deleted_renamed_and_wrote_anywhere()
    {
        var (_, student, _) = await School.ClassAsync();
        var (own, outsider, teacher) = await School.ClassAsync();
        using var admin = replicas.First.Rest((await School.PersonAsync(Role.Teacher, isAdministrator: true)).Token);
        using var made = await admin.PostAsJsonAsync("/api/v1/rooms", new { name = "Поход", member_ids = new[] { student.Id, teacher.Id } }, Deadline.Token());
        var room = (long)(await made.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["id"]!;
        var message = await SayAsync(student, room, "моё");

        // a teacher, who is in the room like everybody else
        using (var rest = replicas.First.Rest(teacher.Token))
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await rest.DeleteAsync($"/api/chat/forum/{room}/messages/{message}/delete/", Deadline.Token())).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await rest.PatchAsJsonAsync($"/api/v1/rooms/{room}", new { name = "Моя" }, Deadline.Token())).StatusCode);
            Assert.Equal(HttpStatusCode.Gone, (await rest.DeleteAsync($"/api/chat/rooms/{room}/", Deadline.Token())).StatusCode);
        }

        await using (var socket = await School.SeedAsync(teacher, room, replicas.A))
        {
            await socket.SendAsync(new { type = "message_delete", message_id = message });
            Assert.Equal(ErrorCode.AccessDenied, (string)(await socket.NextAsync("error"))["code"]!);
        }

        using (var rest = replicas.First.Rest(outsider.Token))
        {
            Assert.Equal(HttpStatusCode.Gone, (await rest.PostAsJsonAsync("/api/chat/messages/", new { room, content = "я чужой" }, Deadline.Token())).StatusCode);
            foreach (var path in new[] { $"/api/chat/forum/{room}/send_message/", $"/api/v1/rooms/{room}/messages" })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await rest.PostAsJsonAsync(path, new { content = "я чужой" }, Deadline.Token())).StatusCode);
            }

            Assert.Equal(HttpStatusCode.NotFound, (await rest.PutAsJsonAsync($"/api/v1/rooms/{room}/read", new { seq = 1 }, Deadline.Token())).StatusCode);
        }

        // a foreign message's id marks nothing, neither here nor there
        await using (var socket = await School.SeedAsync(outsider, own, replicas.A))
        {
            await socket.SendAsync(new { type = "mark_read", message_id = message });
            await AssertAliveAsync(socket);
            await socket.SendAsync(new { type = "message_delete", message_id = message });
            Assert.Equal(ErrorCode.NotFound, (string)(await socket.NextAsync("error"))["code"]!); // behind the marker, in the order of its frames
        }

        Assert.Equal([("моё", false)], await School.School.QueryAsync("SELECT content, deleted_at IS NOT NULL FROM messages WHERE room_id = $1", row => (row.GetString(0), row.GetBoolean(1)), room));
        Assert.Equal(0, await School.School.ScalarAsync<long>("SELECT coalesce(sum(read_seq), 0)::bigint FROM room_members WHERE room_id = ANY ($1) AND user_id <> $2", new[] { room, own }, student.Id));
    }

    /// <summary>Tokens in addresses, what people wrote and their names stood in the log; files were found by a part of their name.</summary>
    [Fact]
    public async Task Tokens_and_private_words_stood_in_the_log()
    {
        var (room, student, _) = await School.ClassAsync();
        var secret = $"тайна {Guid.NewGuid():N}";
        await using (var socket = await School.SeedAsync(student, room, replicas.A))
        {
            await socket.SendAsync(new { type = "chat_message", content = secret });
            await socket.NextAsync("chat_message");
            await socket.SendAsync(new { type = "chat_message", content = secret, client_id = "не тот" });
            await socket.NextAsync("error");
        }

        await using (var hub = await TwoReplicas.HubAsync(student, replicas.A)) await hub.InvokeAsync("SendMessage", room, new SendMessageRequest(secret), Deadline.Token());
        using var rest = replicas.First.Rest(student.Token);
        using var wrong = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = new[] { secret } }, Deadline.Token());
        using var login = await rest.PostAsJsonAsync("/api/auth/login/", new { username = student.Username, password = secret }, Deadline.Token());
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized), (wrong.StatusCode, login.StatusCode));
        using var file = await rest.GetAsync("/media/chat/a", Deadline.Token());
        Assert.Equal(HttpStatusCode.NotFound, file.StatusCode);

        var log = replicas.First.Output;
        Assert.Contains("Now listening on", log, StringComparison.Ordinal);
        foreach (var word in new[] { student.Token, secret, secret[6..], student.Username }) Assert.DoesNotContain(word, log, StringComparison.Ordinal);
    }

    /// <summary>A NUL character, or a number where a text belongs, was an "internal server error" that named nothing.</summary>
    [Theory]
    [InlineData("""{"type":"chat_message","content":"a\u0000b"}""", """{"content":"a\u0000b"}""", "content")]
    [InlineData("""{"type":"chat_message","content":5}""", """{"content":5}""", "content")]
    [InlineData("""{"type":"chat_message","content":"\ud800"}""", """{"content":"\ud800"}""", null)]
    [InlineData("""{"type":"message_edit","message_id":"abc","content":"x"}""", null, "message_id")]
    [InlineData("""["chat_message"]""", """["content"]""", null)]
    [InlineData("""{"type":"chat_message","content":"x","client_id":"a b"}""", """{"content":"x","client_id":"a b"}""", "client_id")]
    public async Task A_wrong_character_was_a_fault_of_the_server(string frame, string? body, string? field)
    {
        var (room, student, _) = await School.ClassAsync();
        await using var socket = await School.SeedAsync(student, room, replicas.A);
        await socket.SendTextAsync(frame);
        var error = await socket.NextAsync("error");
        Assert.Equal((ErrorCode.Validation, field), ((string?)error["code"], (string?)error["field"]));
        await AssertAliveAsync(socket);

        if (body is null) return;
        using var rest = replicas.First.Rest(student.Token);
        using var answer = await rest.PostAsync($"/api/v1/rooms/{room}/messages", new StringContent(body, Encoding.UTF8, "application/json"), Deadline.Token());
        var problem = (await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!;
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (answer.StatusCode, (string?)problem["code"]));
        if (field is not null) Assert.Contains(field, problem["errors"]!.AsObject().Select(e => e.Key));
    }

    /// <summary>Many requests or sockets at once had no limit.</summary>
    [Fact]
    public async Task Limits_were_passed_by_doing_many_things_at_once()
    {
        await using var limited = await School.AnotherAsync();
        var (room, student, teacher) = await School.ClassAsync();
        using var rest = limited.Rest(student.Token);
        await using var socket = await School.SeedAsync(student, room, limited.Address);
        await using var v1 = await School.V1Async(student, at: limited.Address);
        var began = Stopwatch.StartNew();
        var posting = Enumerable.Range(0, 100).Select(i => rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = $"rest {i}" }, Deadline.Token())).ToList();
        for (var i = 0; i < 100; i++)
        {
            await socket.SendAsync(new { type = "chat_message", content = $"seed {i}" });
            await v1.SendAsync(new { type = V1Type.Send, id = $"{i}", room, data = new { client_id = $"{i}", content = $"v1 {i}" } });
        }

        await Task.WhenAll(posting);
        await socket.SendAsync(new { type = "ping" });
        await socket.NextAsync("pong");
        await Deadline.UntilAsync(() => Task.FromResult(v1.Seen.Count(f => (string)f["type"]! is V1Type.Ack or V1Type.Error)), count => count == 100, "100 answers");
        var most = 60 + (10 * began.Elapsed.TotalSeconds) + 1;
        Assert.InRange(await School.School.ScalarAsync<long>("SELECT count(*) FROM messages WHERE room_id = $1", room), 60, most);

        // who lets go of a socket has one more to open
        for (var round = 0; round < 2; round++)
        {
            var sockets = new List<SeedSocket>();
            for (var i = 0; i < 10; i++) sockets.Add(await School.SeedAsync(teacher, room, limited.Address));
            await using (var eleventh = await SeedSocket.ConnectAsync(limited.Address, $"/ws/chat/{room}/?token={teacher.Token}")) Assert.Equal(CloseCode.RateLimited, await eleventh.CloseCodeAsync());
            foreach (var one in sockets) await one.DisposeAsync();
        }
    }

    /// <summary>Two who began a chat with each other at once locked each other out.</summary>
    [Fact]
    public async Task Two_who_began_a_chat_with_each_other_locked_each_other_out()
    {
        var (room, student, teacher) = await School.ClassAsync();
        for (var i = 0; i < 3; i++) await SayAsync(student, room, $"{i}");
        var administrator = await School.PersonAsync(Role.Teacher, isAdministrator: true);
        using var admin = replicas.First.Rest(administrator.Token);
        using var there = replicas.Second.Rest(teacher.Token);

        var made = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using var answer = await (i % 2 == 0 ? admin.PutAsync($"/api/v1/rooms/direct/{teacher.Id}", null, Deadline.Token()) : there.PutAsync($"/api/v1/rooms/direct/{administrator.Id}", null, Deadline.Token()));
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return (answer.StatusCode, Id: (long)(await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["id"]!);
        }));
        Assert.Single(made.Select(one => one.Id).Distinct());
        Assert.Single(made, one => one.StatusCode == HttpStatusCode.Created);

        // of a room in which an administrator only looks nothing is unread, however many there are in it
        var bell = (await admin.GetFromJsonAsync<JsonObject>("/api/chat/notifications/", Deadline.Token()))!;
        Assert.Equal(0, (int)bell["unread_messages"]!);
        var bellThere = (await there.GetFromJsonAsync<JsonObject>("/api/chat/notifications/", Deadline.Token()))!;
        Assert.Equal(3, (int)bellThere["unread_messages"]!);
    }

    /// <summary>Who was put out while they sent got it stored.</summary>
    [Fact]
    public async Task Somebody_put_out_at_that_moment_still_got_it_stored()
    {
        var (room, student, _) = await School.ClassAsync();
        using var admin = replicas.First.Rest((await School.PersonAsync(Role.Teacher, isAdministrator: true)).Token);
        var guardian = await School.PersonAsync(Role.Parent);
        for (var round = 0; round < 3; round++)
        {
            await DoneAsync(admin.PutAsync($"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}", null));
            await using var socket = await School.V1Async(guardian, at: replicas.B);
            using var rest = replicas.Second.Rest(guardian.Token);
            var sends = Enumerable.Range(0, 30).Select(i => rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = $"успел? {round} {i}" }, Deadline.Token())).ToList();
            for (var i = 0; i < 60; i++) await socket.SendAsync(new { type = V1Type.Send, id = $"{i}", room, data = new { client_id = $"{round}.{i}", content = $"успел? {i}" } });
            await DoneAsync(admin.DeleteAsync($"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}"));
            await Task.WhenAll(sends);
            await Deadline.UntilAsync(() => Task.FromResult(socket.Seen.Count(f => (string)f["type"]! is V1Type.Ack or V1Type.Error)), count => count == 60, "60 answers");
        }

        // the log itself says who was in when: every message of theirs stands between their coming and their going
        var log = await School.School.QueryAsync(
            "SELECT kind, coalesce(subject_id, actor_id) FROM room_events WHERE room_id = $1 ORDER BY seq", row => (Kind: (RoomEventKind)row.GetInt16(0), Who: row.IsDBNull(1) ? 0 : row.GetInt64(1)), room);
        var isIn = false;
        foreach (var (kind, _) in log.Where(line => line.Who == guardian.Id))
        {
            if (kind == RoomEventKind.MessageCreated) Assert.True(isIn, "stored behind the removal");
            else isIn = kind == RoomEventKind.MemberAdded;
        }

        Assert.Equal(3, log.Count(line => line == (RoomEventKind.MemberRemoved, guardian.Id)));
    }

    /// <summary>The buttons for pin, lock and mute had nothing behind them.</summary>
    [Fact]
    public async Task The_buttons_for_pin_lock_and_mute_did_nothing()
    {
        var (room, student, teacher) = await School.ClassAsync();
        var message = await SayAsync(student, room, "важно");
        await using var there = await School.SeedAsync(student, room, replicas.B);
        using var rest = replicas.First.Rest(teacher.Token);

        await DoneAsync(rest.PostAsync($"/api/chat/forum/{room}/messages/{message}/pin/", null));
        await DoneAsync(rest.PostAsync($"/api/chat/forum/{room}/participants/{student.Id}/mute/", null));
        await DoneAsync(rest.PostAsync($"/api/chat/forum/{room}/lock/", null));

        Assert.Equal((message, true), Pinned(await there.NextAsync("message_pinned")));
        Assert.Equal((student.Id, true), Muted(await there.NextAsync("user_muted")));
        Assert.False((bool)(await there.NextAsync("chat_locked"))["data"]!["is_active"]!);

        static (long, bool) Pinned(JsonObject frame) => ((long)frame["data"]!["message_id"]!, (bool)frame["data"]!["is_pinned"]!);
        static (long, bool) Muted(JsonObject frame) => ((long)frame["data"]!["user_id"]!, (bool)frame["data"]!["is_muted"]!);
    }
}
