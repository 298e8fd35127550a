using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;

namespace TheBot.Tests.Graph;

/// <summary>The main job on the real thing: a message sent through one replica reaches everybody on the other, and nobody else.</summary>
[Collection(SharedGraph.Name)]
public class MainJobTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task A_message_has_one_seq_for_socket_hub_and_rest_on_both_replicas()
    {
        var room = await SharedRoomAsync("demo.student", "demo.teacher");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("room_history");
        await using var parent = await graph.SeedAsync("demo.parent", room, B);
        await parent.NextAsync("room_history");
        await using var teacher = await graph.HubAsync("demo.teacher", B);
        var heard = Heard(teacher);
        await teacher.InvokeAsync<SubscribeReply>("Subscribe", room, null);

        var text = $"Физика в пять? {Guid.NewGuid()}";
        await student.SendAsync(new { type = "chat_message", content = text });

        var sent = (await student.NextAsync("message_sent"))["message"]!.AsObject();
        var own = (await student.NextAsync("chat_message", Says(text)))["message"]!.AsObject();
        var parents = await parent.NextAsync("chat_message", Says(text));
        var teachers = await NextAsync(heard, text);
        using var rest = await graph.RestAsync("demo.teacher", A);
        var history = await rest.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}/messages?limit=5", Deadline.Token());
        var read = history!["results"]!.AsArray().Single(m => (string)m!["content"]! == text)!;

        var seq = (long)sent["seq"]!;
        Assert.True(seq > 0);
        Assert.Equal(sent.ToJsonString(), own.ToJsonString());
        Assert.Equal(sent.ToJsonString(), parents["message"]!.ToJsonString());
        Assert.Equal(sent.ToJsonString(), parents["data"]!["message"]!.ToJsonString());
        Assert.Equal(room, (long)parents["data"]!["chat_id"]!);
        Assert.Equal(seq, teachers.Seq);
        Assert.Equal(seq, (long)read["seq"]!);
        Assert.Equal((long)sent["id"]!, teachers.Id);
    }

    [Fact]
    public async Task The_sender_gets_the_full_object_in_the_seeds_order()
    {
        var room = await RoomOfAsync("demo.student", "forum_subject");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("room_history");

        await student.SendAsync(new { type = "chat_message", message = "как в старом клиенте", room_id = room });

        var frame = await student.NextAsync("message_sent");
        Assert.Equal(["type", "message", "message_id", "status"], frame.Select(f => f.Key));
        Assert.Equal("delivered", (string)frame["status"]!);
        var message = frame["message"]!.AsObject();
        Assert.Equal(
            [
                "id", "room", "thread", "sender", "sender_name", "sender_role", "sender_avatar", "content", "message_type", "file", "file_url", "file_name",
                "file_size", "file_type", "image", "image_url", "is_image", "is_edited", "reply_to", "created_at", "updated_at", "is_read", "is_pinned",
                "replies_count", "seq", "client_id",
            ],
            message.Select(f => f.Key));
        Assert.Equal((long)frame["message_id"]!, (long)message["id"]!);
        Assert.Equal("student", (string)message["sender"]!["role"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$", (string)message["created_at"]!);
        await student.NextAsync("chat_message", Says("как в старом клиенте"));
        var order = student.Seen.Select(f => (string)f["type"]!).ToList();
        Assert.True(order.IndexOf("message_sent") < order.IndexOf("chat_message"), string.Join(' ', order));
    }

    [Fact]
    public async Task What_is_said_over_hub_and_rest_reaches_the_old_socket()
    {
        var room = await RoomOfAsync("demo.student", "forum_tutor");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("room_history");
        await using var tutor = await graph.HubAsync("demo.tutor", B);
        var (overHub, overRest) = ($"hub {Guid.NewGuid()}", $"rest {Guid.NewGuid()}");

        var answer = await tutor.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest(overHub));
        var first = await student.NextAsync("chat_message", Says(overHub));
        using var rest = await graph.RestAsync("demo.parent", B);
        using var posted = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = overRest, client_id = "r1" + Guid.NewGuid() }, Deadline.Token());
        var second = await student.NextAsync("chat_message", Says(overRest));

        Assert.Equal(HttpStatusCode.Created, posted.StatusCode);
        Assert.Equal(answer.Id, (long)first["message"]!["id"]!);
        Assert.Equal(answer.Seq + 1, (long)second["message"]!["seq"]!);
    }

    [Fact]
    public async Task A_stranger_is_refused_and_nobody_hears_of_it()
    {
        var room = await RoomOfAsync("demo.student", "forum_subject");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("user_joined");
        var outsider = await graph.NewPersonAsync("student");

        await using var refused = await SeedSocket.ConnectAsync(A, $"/ws/chat/{room}/?token={outsider.Token}");
        Assert.Equal(CloseCode.NoAccess, await refused.CloseCodeAsync());
        Assert.Empty(refused.Seen);
        await using var nobody = await SeedSocket.ConnectAsync(B, $"/ws/chat/{room}/?token={new string('0', 40)}");
        Assert.Equal(CloseCode.NotAuthenticated, await nobody.CloseCodeAsync());
        using var rest = graph.Rest(outsider);
        using var history = await rest.GetAsync($"/api/v1/rooms/{room}/messages", Deadline.Token());
        using var sent = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "пустите" }, Deadline.Token());

        // what comes after the refusals shows that nothing came between
        await student.SendAsync(new { type = "chat_message", content = "после" });
        await student.NextAsync("chat_message", Says("после"));

        Assert.Equal(HttpStatusCode.NotFound, history.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, sent.StatusCode);
        Assert.DoesNotContain(student.Seen, f => f["user"]?["id"] is { } id && (long)id == outsider.Id);
        Assert.DoesNotContain(student.Seen, f => (string?)f["message"]?["content"] == "пустите");
    }

    [Fact]
    public async Task A_withdrawn_guardian_loses_the_room_on_both_replicas()
    {
        var school = await graph.NewClassAsync();
        await using var onA = await SeedSocket.ConnectAsync(A, $"/ws/chat/{school.SubjectRoom}/?token={school.Guardian.Token}");
        await using var onB = await SeedSocket.ConnectAsync(B, $"/ws/chat/{school.SubjectRoom}/?token={school.Guardian.Token}");
        await using var student = await SeedSocket.ConnectAsync(B, $"/ws/chat/{school.SubjectRoom}/?token={school.Student.Token}");
        await onA.NextAsync("room_history");
        await onB.NextAsync("room_history");
        await student.NextAsync("room_history");

        using var admin = await graph.RestAsync("demo.admin", A);
        using var withdrawn = await admin.DeleteAsync($"/api/v1/roster/students/{school.Student.Id}/guardians/{school.Guardian.Id}", Deadline.Token());
        Assert.True(withdrawn.IsSuccessStatusCode, await withdrawn.Content.ReadAsStringAsync());

        Assert.Equal(CloseCode.NoAccess, await onA.CloseCodeAsync());
        Assert.Equal(CloseCode.NoAccess, await onB.CloseCodeAsync());
        await student.SendAsync(new { type = "chat_message", content = "без мамы" });
        await student.NextAsync("chat_message", Says("без мамы"));
        Assert.DoesNotContain(onA.Seen.Concat(onB.Seen), f => (string?)f["message"]?["content"] == "без мамы");
        using var guardian = await graph.RestAsync(null, B);
        guardian.DefaultRequestHeaders.Add("Authorization", $"Bearer {school.Guardian.Token}");
        using var history = await guardian.GetAsync($"/api/v1/rooms/{school.SubjectRoom}/messages", Deadline.Token());
        Assert.Equal(HttpStatusCode.NotFound, history.StatusCode);
        var rooms = await guardian.GetFromJsonAsync<JsonObject>("/api/chat/forum/", Deadline.Token());
        Assert.Equal(0, (int)rooms!["count"]!);
    }

    [Fact]
    public async Task The_same_client_id_is_one_message_on_both_replicas()
    {
        var room = await RoomOfAsync("demo.student", "forum_subject");
        using var a = await graph.RestAsync("demo.student", A);
        using var b = await graph.RestAsync("demo.student", B);
        var send = new { content = "один раз", client_id = Guid.NewGuid().ToString() };

        using var first = await a.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", send, Deadline.Token());
        using var again = await b.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", send, Deadline.Token());
        using var other = await b.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", send with { content = "другое" }, Deadline.Token());

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal(ErrorCode.Conflict, (string)(await other.Content.ReadFromJsonAsync<JsonObject>())!["code"]!);
    }

    [Fact]
    public async Task Typing_is_seen_on_the_other_replica()
    {
        var room = await SharedRoomAsync("demo.student", "demo.teacher");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("user_joined");
        await using var teacher = await graph.SeedAsync("demo.teacher", room, B);
        await teacher.NextAsync("user_joined", f => (string)f["user"]!["username"]! == "demo.teacher");

        await student.SendAsync(new { type = "typing", data = new { chat_id = room, is_typing = true } });

        var typing = await teacher.NextAsync("typing");
        Assert.Equal(["id", "username", "first_name", "last_name"], typing["user"]!.AsObject().Select(f => f.Key));
        Assert.Equal("demo.student", (string)typing["user"]!["username"]!);
    }

    [Theory]
    [InlineData("""{"type":"chat_message","content":"   "}""", "validation_error", "content")]
    [InlineData("""{"type":"chat_message","content":7}""", "validation_error", "content")]
    [InlineData("""{"type":"chat_message","content":"a","client_id":"два слова"}""", "validation_error", "client_id")]
    [InlineData("""{"type":"chat_message","content":"a\u0000b"}""", "validation_error", "content")]
    [InlineData("""{"type":"chat_message","content":"a","reply_to":999999999}""", "not_found", null)]
    [InlineData("""[1,2]""", "validation_error", null)]
    [InlineData("""{nonsense""", "validation_error", null)]
    public async Task Bad_input_gets_an_error_that_names_it_and_the_socket_lives_on(string frame, string code, string? field)
    {
        var room = await RoomOfAsync("demo.student", "forum_subject");
        await using var student = await graph.SeedAsync("demo.student", room, A);
        await student.NextAsync("room_history");

        await student.SendTextAsync(frame);

        var error = await student.NextAsync("error");
        Assert.Equal(code, (string)error["code"]!);
        Assert.Equal(field, (string?)error["field"]);
        Assert.Equal((string)error["message"]!, (string)error["error"]!);
        await student.SendTextAsync("""{"type":"no_such_type"}""");
        await student.SendTextAsync("""{"type":"ping"}""");
        await student.NextAsync("pong");
    }

    [Fact]
    public async Task The_room_is_found_as_the_old_clients_name_it()
    {
        var room = await RoomOfAsync("demo.tutor", "forum_tutor");
        var token = await graph.TokenAsync("demo.tutor");
        string[] paths =
        [
            $"/ws/chat/{room}/?token={token}", $"/ws/chat/{room}?token={token}", $"/ws/chat/?room_id={room}&token={token}",
            $"/ws/chat?room_id={room}&authorization=Bearer%20{token}", $"/ws/chat/general/?token={token}", $"/ws/chat/?token={token}",
        ];
        foreach (var path in paths)
        {
            await using var socket = await SeedSocket.ConnectAsync(A, path);
            await socket.NextAsync("room_history");
        }

        await using var byHeader = await SeedSocket.ConnectAsync(A, $"/ws/chat/{room}/", $"Token {token}");
        await byHeader.NextAsync("room_history");
        await using var byFrame = await SeedSocket.ConnectAsync(A, $"/ws/chat/{room}/");
        await byFrame.SendAsync(new { type = "auth", token });
        await byFrame.NextAsync("auth_success");
        await byFrame.NextAsync("room_history");
        await using var noRoom = await SeedSocket.ConnectAsync(A, $"/ws/chat/nonsense/?token={token}");
        Assert.Equal(CloseCode.NoAccess, await noRoom.CloseCodeAsync());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Plain_http_on_a_socket_address_is_told_to_upgrade(string method)
    {
        using var client = new HttpClient { BaseAddress = A };
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/ws/chat/1/"), Deadline.Token());

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Equal("websocket", answer.Headers.Upgrade.ToString());
    }

    private async Task<long> RoomOfAsync(string username, string kind) => (long)(await graph.ForumAsync(username)).First(r => (string)r["type"]! == kind)["id"]!;

    private async Task<long> SharedRoomAsync(string one, string other) =>
        (await graph.ForumAsync(one)).Select(r => (long)r["id"]!).Intersect((await graph.ForumAsync(other)).Select(r => (long)r["id"]!)).First();

    private static Func<JsonObject, bool> Says(string text) => frame => (string?)frame["message"]!["content"] == text;

    private static ChannelReader<ChatMessage> Heard(HubConnection hub)
    {
        var messages = Channel.CreateUnbounded<ChatMessage>();
        hub.On<ChatMessage>(nameof(IChatClient.MessageCreated), m => messages.Writer.TryWrite(m));
        return messages.Reader;
    }

    private static async Task<ChatMessage> NextAsync(ChannelReader<ChatMessage> heard, string text)
    {
        while (true)
        {
            var message = await heard.ReadAsync(Deadline.Token());
            if (message.Content == text) return message;
        }
    }
}
