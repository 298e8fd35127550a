using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Rooms;

/// <summary>Somebody who was put out of a group and comes back sees what is said from then on, through every door, and nothing that was said without them.</summary>
[Collection(SharedGraph.Name)]
public sealed class ReturningMemberTests(ChatGraph graph)
{
    [Fact]
    public async Task Who_comes_back_into_a_group_reads_nothing_that_was_said_before()
    {
        var (school, room, hidden) = await GroupWithAReturnAsync();
        using var teacher = graph.Rest(school.Teacher, graph.Replicas[0]);
        using var student = graph.Rest(school.Student, graph.Replicas[1]);
        var address = $"/api/v1/rooms/{room}";
        await SayAsync(teacher, room, "снова вместе");

        foreach (var query in new[] { "", "?after=0", $"?around={hidden.Seq}", "?limit=100" })
            Assert.Equal(["снова вместе"], Texts((await student.GetFromJsonAsync<JsonObject>($"{address}/messages{query}"))!["results"]!));
        Assert.Empty(Texts((await student.GetFromJsonAsync<JsonObject>($"{address}/messages?before={hidden.Seq + 1}"))!["results"]!));
        Assert.Equal(["снова вместе"], Texts((await student.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{room}/messages/"))!["results"]!));
        Assert.Empty((await student.GetFromJsonAsync<JsonArray>($"{address}/pins"))!);
        var listed = (await student.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!.Single(r => (long)r!["id"]! == room)!;
        Assert.Equal(("снова вместе", 1), ((string)listed["last_message"]!["content"]!, (int)listed["unread"]!));

        foreach (var asked in new[]
        {
            student.GetAsync($"{address}/messages/{hidden.Id}/reactions"), student.PutAsync($"{address}/messages/{hidden.Id}/reactions/{Uri.EscapeDataString("👍")}", null),
            student.DeleteAsync($"{address}/messages/{hidden.Id}"), student.PatchAsJsonAsync($"{address}/messages/{hidden.Id}", new { content = "?" }),
        })
        {
            using var answer = await asked;
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Sockets_and_hub_resume_behind_it_whatever_they_ask_for()
    {
        var (school, room, hidden) = await GroupWithAReturnAsync();
        using var teacher = graph.Rest(school.Teacher, graph.Replicas[0]);
        var later = await SayAsync(teacher, room, "снова вместе");

        await using var seed = await SeedSocket.ConnectAsync(graph.Replicas[1], $"/ws/chat/{room}/?token={school.Student.Token}");
        Assert.Equal(["снова вместе"], Texts((await seed.NextAsync("room_history"))["messages"]!));
        await using var resumed = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/chat/{room}/?since=0&token={school.Student.Token}");
        await resumed.NextAsync("chat_message", frame => (string)frame["message"]!["content"]! == "снова вместе");
        await using var v1 = await SeedSocket.ConnectAsync(graph.Replicas[1], $"/ws?token={school.Student.Token}", subprotocol: V1Protocol.Subprotocol);
        await v1.SendAsync(new { type = "subscribe", id = "s", room, data = new { since = 0 } });
        Assert.InRange((long)(await v1.NextAsync(V1Type.Subscribed))["data"]!["from"]!, hidden.Seq + 1, later.Seq - 1);
        await v1.NextAsync(V1Type.MessageCreated, frame => (long)frame["seq"]! == later.Seq);
        await using var hub = await ChatGraph.HubWithAsync(school.Student.Token, graph.Replicas[0]);
        var said = new List<string>();
        var heard = new TaskCompletionSource();
        hub.On<ChatMessage>("MessageCreated", message =>
        {
            said.Add(message.Content);
            if (message.Seq == later.Seq) heard.SetResult();
        });
        await hub.InvokeAsync<SubscribeReply>("Subscribe", room, 0L);
        await heard.Task.WaitAsync(Deadline.Token());
        Assert.Equal(["снова вместе"], said);

        foreach (var socket in new[] { seed, resumed, v1 }) AssertNothingHidden(socket);
    }

    [Fact]
    public async Task What_happens_later_to_a_message_they_may_not_see_does_not_show_it()
    {
        var (school, room, hidden) = await GroupWithAReturnAsync();
        using var teacher = graph.Rest(school.Teacher, graph.Replicas[0]);
        await using var seed = await SeedSocket.ConnectAsync(graph.Replicas[1], $"/ws/chat/{room}/?token={school.Student.Token}");
        await seed.NextAsync("room_history");
        await using var v1 = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws?token={school.Student.Token}", subprotocol: V1Protocol.Subprotocol);
        await v1.SendAsync(new { type = "subscribe", id = "s", room });
        await v1.NextAsync(V1Type.Subscribed);
        await using var hub = await ChatGraph.HubWithAsync(school.Student.Token, graph.Replicas[1]);
        var updated = new List<string>();
        var heard = new TaskCompletionSource();
        hub.On<JsonObject>("MessageUpdated", message => updated.Add(message.ToJsonString()));
        hub.On<ChatMessage>("MessageCreated", _ => heard.SetResult());
        await hub.InvokeAsync<SubscribeReply>("Subscribe", room, null);
        await using var parent = await SeedSocket.ConnectAsync(graph.Replicas[1], $"/ws/chat/{room}/?token={school.Guardian.Token}");
        await parent.NextAsync("room_history");

        using var edited = await teacher.PatchAsJsonAsync($"/api/v1/rooms/{room}/messages/{hidden.Id}", new { content = "без него, исправлено" });
        using var pinned = await teacher.PutAsync($"/api/v1/rooms/{room}/messages/{hidden.Id}/pin", null);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (edited.StatusCode, pinned.StatusCode));
        var last = await SayAsync(teacher, room, "снова вместе");

        await parent.NextAsync("message_edited", frame => (string)frame["content"]! == "без него, исправлено"); // who was there all the time sees it
        await seed.NextAsync("chat_message", frame => (long)frame["message"]!["id"]! == last.Id);
        await v1.NextAsync(V1Type.MessageCreated, frame => (long)frame["seq"]! == last.Seq);
        var seqs = v1.Seen.Where(frame => frame["seq"] is not null).Select(frame => (long)frame["seq"]!);
        Assert.Equal([last.Seq - 2, last.Seq - 1, last.Seq], seqs); // their places in the log, so that nothing seems to be missing
        await using var resumed = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/chat/{room}/?since={hidden.Seq}&token={school.Student.Token}");
        await resumed.NextAsync("chat_message", frame => (long)frame["message"]!["id"]! == last.Id);
        await heard.Task.WaitAsync(Deadline.Token());

        Assert.Empty(updated);
        foreach (var socket in new[] { seed, v1, resumed }) AssertNothingHidden(socket);
    }

    /// <summary>A group in which a student was, from which they were put out while something was said, and to which they came back.</summary>
    private async Task<(SchoolClass School, long Room, (long Id, long Seq) Hidden)> GroupWithAReturnAsync()
    {
        var school = await graph.NewClassAsync();
        using var teacher = graph.Rest(school.Teacher, graph.Replicas[0]);
        using var made = await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "Кружок", member_ids = new[] { school.Student.Id, school.Guardian.Id } });
        var room = (long)(await made.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        await SayAsync(teacher, room, "вместе");
        var member = $"/api/v1/rooms/{room}/members/{school.Student.Id}";
        using var removed = await teacher.DeleteAsync(member);
        var hidden = await SayAsync(teacher, room, "без него");
        using var pinned = await teacher.PutAsync($"/api/v1/rooms/{room}/messages/{hidden.Id}/pin", null);
        using var unpinned = await teacher.DeleteAsync($"/api/v1/rooms/{room}/messages/{hidden.Id}/pin");
        using var back = await teacher.PutAsync(member, null);
        Assert.All([removed, pinned, unpinned, back], answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        return (school, room, hidden);
    }

    private static async Task<(long Id, long Seq)> SayAsync(HttpClient rest, long room, string content)
    {
        using var answer = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content }, Deadline.Token());
        var message = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        return ((long)message["id"]!, (long)message["seq"]!);
    }

    private static void AssertNothingHidden(SeedSocket socket) =>
        Assert.DoesNotContain(socket.Seen, frame => frame.ToJsonString(WireJsonText).Contains("без него", StringComparison.Ordinal));

    private static readonly System.Text.Json.JsonSerializerOptions WireJsonText = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static IEnumerable<string> Texts(JsonNode messages) => messages.AsArray().Select(message => (string)message!["content"]!);
}
