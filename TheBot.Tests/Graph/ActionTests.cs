using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Graph;

/// <summary>What people do to messages by hub, v1 and REST, seen by each other across two replicas.</summary>
[Collection(SharedGraph.Name)]
public class ActionTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task All_doors_see_the_same_changes_in_one_order()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        using var student = graph.Rest(school.Student, A);
        await using var parent = await OpenV1Async(school.Guardian, room, A);
        await using var teacher = await ChatGraph.HubWithAsync(school.Teacher.Token, B);
        var heard = Heard(teacher);
        var opened = await teacher.InvokeAsync<SubscribeReply>("Subscribe", room, null);
        var said = (await (await student.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "раз" })).Content.ReadFromJsonAsync<JsonObject>())!;
        var (id, seq) = ((long)said["id"]!, (long)said["seq"]!);
        var message = $"/api/v1/rooms/{room}/messages/{id}";

        using var patched = await student.PatchAsJsonAsync(message, new { content = "два" });
        await parent.SendAsync(new { type = "react", id = "r", room, data = new { message_id = id, emoji = "👍" } });
        await parent.NextAsync(V1Type.Done, f => (string)f["id"]! == "r");
        using var unreacted = await student.DeleteAsync($"{message}/reactions/{Uri.EscapeDataString("👍")}"); // not theirs: nothing to take away
        await teacher.InvokeAsync("Pin", room, id, true);
        await teacher.InvokeAsync("Pin", room, id, false);
        await parent.SendAsync(new { type = "react", id = "u", room, data = new { message_id = id, emoji = "👍", present = false } });
        await parent.NextAsync(V1Type.Done, f => (string)f["id"]! == "u");
        await teacher.InvokeAsync("LockRoom", room, true);
        using var deleted = await student.DeleteAsync(message);
        using var deletedAgain = await student.DeleteAsync(message);

        string[] types =
        [
            V1Type.MessageCreated, V1Type.MessageUpdated, V1Type.ReactionAdded, V1Type.MessagePinned, V1Type.MessageUnpinned, V1Type.ReactionRemoved,
            V1Type.RoomUpdated, V1Type.MessageDeleted,
        ];
        await parent.NextAsync(V1Type.MessageDeleted);
        var inV1 = parent.Seen.Where(f => f["seq"] is not null).ToList();
        Assert.Equal(types.Select((t, i) => (t, seq + i)), inV1.Select(f => ((string)f["type"]!, (long)f["seq"]!)));
        Assert.Equal("два", (string)inV1[1]["data"]!["message"]!["content"]!);
        Assert.Equal(JsonNode.Parse($$"""{"message_id":{{id}},"user_id":{{school.Guardian.Id}},"emoji":"👍"}""")!.ToJsonString(), inV1[2]["data"]!.ToJsonString());
        Assert.Equal($$"""{"message_id":{{id}},"user_id":{{school.Teacher.Id}}}""", inV1[3]["data"]!.ToJsonString());
        Assert.Equal((true, true), ((bool)inV1[6]["data"]!["locked"]!, (bool)inV1[6]["data"]!["writable"]!));
        Assert.Equal($$"""{"message_id":{{id}},"deleted_by":{{school.Student.Id}},"deleted_by_role":"author"}""", inV1[7]["data"]!.ToJsonString());

        var inHub = new List<(string Method, JsonObject What)>();
        while (inHub.Count < types.Length) inHub.Add(await heard.ReadAsync(Deadline.Token()));
        Assert.Equal(
            ["MessageCreated", "MessageUpdated", "ReactionAdded", "MessagePinned", "MessageUnpinned", "ReactionRemoved", "RoomUpdated", "MessageDeleted"],
            inHub.Select(h => h.Method));
        Assert.Equal(Enumerable.Range(0, types.Length).Select(i => seq + i), inHub.Select(h => (long)h.What["seq"]!));
        Assert.Equal(inV1[1]["data"]!["message"]!.ToJsonString(), inHub[1].What["message"]!.ToJsonString());
        Assert.True(seq > opened.Head);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (patched.StatusCode, unreacted.StatusCode));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (deleted.StatusCode, deletedAgain.StatusCode));
        Assert.Equal(inV1[1]["data"]!["message"]!.ToJsonString(), (await patched.Content.ReadFromJsonAsync<JsonObject>())!.ToJsonString());
    }

    [Fact]
    public async Task Reading_is_told_to_the_others_and_lowers_what_is_unread()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        await using var student = await OpenV1Async(school.Student, room, A);
        await using var teacher = await ChatGraph.HubWithAsync(school.Teacher.Token, B);
        await teacher.InvokeAsync<SubscribeReply>("Subscribe", room, null);
        await student.SendAsync(new { type = "send", id = "1", room, data = new { client_id = "1", content = "прочтите" } });
        var seq = (long)(await student.NextAsync(V1Type.Ack))["seq"]!;

        Assert.Equal(seq, await teacher.InvokeAsync<long>("MarkRead", room, seq));
        var told = await student.NextAsync(V1Type.ReadUpdated);
        Assert.Equal(seq, await teacher.InvokeAsync<long>("MarkRead", room, 0L));
        using var parent = graph.Rest(school.Guardian, B);
        using var read = await parent.PutAsJsonAsync($"/api/v1/rooms/{room}/read", new { seq = long.MaxValue });
        var toldByRest = await student.NextAsync(V1Type.ReadUpdated);

        Assert.Equal((school.Teacher.Id, seq), ((long)told["data"]!["user"]!["id"]!, (long)told["data"]!["seq"]!));
        Assert.Equal(school.Guardian.Id, (long)toldByRest["data"]!["user"]!["id"]!);
        Assert.Equal($$"""{"read_seq":{{seq}}}""", await read.Content.ReadAsStringAsync());
        var listed = (await parent.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!.Single(r => (long)r!["id"]! == room)!;
        Assert.Equal(0, (int)listed["unread"]!);
    }

    [Fact]
    public async Task Refusals_carry_a_code_and_the_field()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        using var student = graph.Rest(school.Student, A);
        using var parent = graph.Rest(school.Guardian, B);
        using var outsider = graph.Rest(await graph.NewPersonAsync("teacher"), A);
        var id = (long)(await (await student.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "раз" })).Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        var message = $"/api/v1/rooms/{room}/messages/{id}";

        await ExpectAsync(await parent.PatchAsJsonAsync(message, new { content = "два" }), HttpStatusCode.Forbidden, ErrorCode.AccessDenied);
        await ExpectAsync(await outsider.DeleteAsync(message), HttpStatusCode.NotFound, ErrorCode.NotFound);
        await ExpectAsync(await outsider.PutAsJsonAsync($"/api/v1/rooms/{room}/read", new { seq = 1 }), HttpStatusCode.NotFound, ErrorCode.NotFound);
        await ExpectAsync(await parent.PutAsync($"{message}/pin", null), HttpStatusCode.Forbidden, ErrorCode.AccessDenied);
        await ExpectAsync(await parent.PutAsync($"/api/v1/rooms/{room}/lock", null), HttpStatusCode.Forbidden, ErrorCode.AccessDenied);
        await ExpectAsync(await student.PatchAsJsonAsync(message, new { content = " " }), HttpStatusCode.BadRequest, ErrorCode.Validation, "content");
        await ExpectAsync(await student.PutAsync($"{message}/reactions/да", null), HttpStatusCode.BadRequest, ErrorCode.Validation, "emoji");
        await ExpectAsync(await student.PutAsJsonAsync($"/api/v1/rooms/{room}/read", new { }), HttpStatusCode.BadRequest, ErrorCode.Validation, "seq");
        await ExpectAsync(await student.DeleteAsync($"/api/v1/rooms/{room}/messages/9000000000"), HttpStatusCode.NotFound, ErrorCode.NotFound);

        await using var socket = await OpenV1Async(school.Guardian, room, B);
        await socket.SendAsync(new { type = "edit", id = "e", room, data = new { message_id = id, content = "два" } });
        Assert.Equal(("e", ErrorCode.AccessDenied), Error(await socket.NextAsync(V1Type.Error)));
        await socket.SendAsync(new { type = "delete", id = "d", room });
        Assert.Equal(("d", ErrorCode.Validation), Error(await socket.NextAsync(V1Type.Error)));
        await socket.SendAsync(new { type = "pin", id = "p", data = new { message_id = id } });
        Assert.Equal(("p", ErrorCode.Validation), Error(await socket.NextAsync(V1Type.Error)));
        await using var hub = await ChatGraph.HubWithAsync(school.Guardian.Token, A);
        var refused = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("React", room, id, "нет", true));
        Assert.Contains(ErrorCode.Validation, refused.Message, StringComparison.Ordinal);
    }

    private static (string Id, string Code) Error(JsonObject frame) => ((string)frame["id"]!, (string)frame["data"]!["code"]!);

    private static async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode status, string code, string? field = null)
    {
        using (answer)
        {
            var problem = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
            Assert.Equal((status, code), (answer.StatusCode, (string)problem["code"]!));
            if (field is not null) Assert.NotNull(problem["errors"]![field]);
        }
    }

    private static async Task<SeedSocket> OpenV1Async(Support.Person who, long room, Uri replica)
    {
        var socket = await SeedSocket.ConnectAsync(replica, $"/ws?token={who.Token}", subprotocol: V1Protocol.Subprotocol);
        await socket.SendAsync(new { type = "subscribe", id = "s", room });
        await socket.NextAsync(V1Type.Presence);
        return socket;
    }

    private static ChannelReader<(string, JsonObject)> Heard(HubConnection hub)
    {
        var heard = Channel.CreateUnbounded<(string, JsonObject)>();
        string[] methods = ["MessageCreated", "MessageUpdated", "MessageDeleted", "ReactionAdded", "ReactionRemoved", "MessagePinned", "MessageUnpinned", "RoomUpdated"];
        foreach (var method in methods) hub.On<JsonObject>(method, what => heard.Writer.TryWrite((method, what)));
        return heard.Reader;
    }
}
