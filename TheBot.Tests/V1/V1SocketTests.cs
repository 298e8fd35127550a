using System.Net;
using System.Text.Json.Nodes;
using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.V1;

/// <summary>v1 on the real thing: two replicas, Postgres, Redis.</summary>
[Collection(SharedGraph.Name)]
public class V1SocketTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task A_message_reaches_the_other_replica_once_and_its_sender_is_answered_first()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, A);
        await using var teacher = await OpenAsync(school.Teacher, B);
        await SubscribeAsync(student, school.SubjectRoom);
        await SubscribeAsync(teacher, school.SubjectRoom);

        await student.SendAsync(Send(school.SubjectRoom, "c1", "Здравствуйте"));
        await student.SendAsync(Send(school.SubjectRoom, "c1", "Здравствуйте"));
        var ack = await student.NextAsync(V1Type.Ack);
        var again = await student.NextAsync(V1Type.Ack);
        var heard = await teacher.NextAsync(V1Type.MessageCreated);
        await student.SendAsync(Send(school.SubjectRoom, "c2", "и до свидания"));
        var next = await teacher.NextAsync(V1Type.MessageCreated);
        await student.NextAsync(V1Type.MessageCreated, f => (string)f["data"]!["message"]!["client_id"]! == "c2");

        Assert.Equal("c1", (string)ack["id"]!);
        Assert.Equal(ack["data"]!["message"]!["id"]!.ToJsonString(), again["data"]!["message"]!["id"]!.ToJsonString());
        Assert.Equal(ack["data"]!.ToJsonString(), heard["data"]!.ToJsonString());
        Assert.Equal((long)ack["seq"]!, (long)heard["seq"]!);
        Assert.Equal((long)heard["seq"]! + 1, (long)next["seq"]!);
        var order = student.Seen.Select(f => (string)f["type"]!).ToList();
        Assert.True(order.IndexOf(V1Type.Ack) < order.IndexOf(V1Type.MessageCreated), string.Join(' ', order));
    }

    [Fact]
    public async Task What_was_missed_comes_on_another_replica_in_order_and_then_live()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, A);
        var head = (long)(await SubscribeAsync(student, school.SubjectRoom))["data"]!["head"]!;
        for (var i = 0; i < 130; i++) await student.SendAsync(Send(school.SubjectRoom, $"m{i}", $"{i}"));
        await student.NextAsync(V1Type.Ack, f => (string)f["id"]! == "m129");

        await using var teacher = await OpenAsync(school.Teacher, B);
        var subscribed = await SubscribeAsync(teacher, school.SubjectRoom, head);
        await student.SendAsync(Send(school.SubjectRoom, "live", "сейчас"));
        await teacher.NextAsync(V1Type.MessageCreated, f => (string)f["data"]!["message"]!["client_id"]! == "live");

        Assert.Equal(head, (long)subscribed["data"]!["from"]!);
        Assert.Empty(subscribed["data"]!["messages"]!.AsArray());
        var seqs = teacher.Seen.Where(f => f["seq"] is not null).Select(f => (long)f["seq"]!).ToList();
        Assert.Equal(Enumerable.Range(1, 131).Select(i => head + i), seqs);
    }

    [Fact]
    public async Task Subscribing_anew_begins_again_where_it_says_and_doubles_nothing_after()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, A);
        await SubscribeAsync(student, school.SubjectRoom);
        await student.SendAsync(Send(school.SubjectRoom, "1", "раз"));
        var first = (long)(await student.NextAsync(V1Type.MessageCreated))["seq"]!;

        for (var i = 0; i < 20; i++) await student.SendAsync(Subscribe(school.SubjectRoom, first - 1, $"again{i}"));
        await student.NextAsync(V1Type.Subscribed, f => (string)f["id"]! == "again19");
        await student.NextAsync(V1Type.MessageCreated);
        await student.SendAsync(Send(school.SubjectRoom, "2", "два"));
        await student.NextAsync(V1Type.MessageCreated, f => (long)f["seq"]! == first + 1);
        await student.SendAsync(new { type = "unsubscribe", id = "u", room = school.SubjectRoom });
        await student.NextAsync(V1Type.Unsubscribed, f => (string)f["id"]! == "u");
        await student.SendAsync(Send(school.SubjectRoom, "3", "три"));
        await student.NextAsync(V1Type.Ack, f => (string)f["id"]! == "3");
        await student.SendAsync(new { type = "ping", id = "p" });
        await student.NextAsync(V1Type.Pong, f => (string)f["id"]! == "p");

        var last = student.Seen.Select((f, i) => (f, i)).Last(x => (string)x.f["type"]! == V1Type.Subscribed).i;
        Assert.Equal([first, first + 1], student.Seen.Skip(last).Where(f => f["type"]!.ToString() == V1Type.MessageCreated).Select(f => (long)f["seq"]!));
    }

    [Fact]
    public async Task Who_is_removed_hears_it_and_nothing_after()
    {
        var school = await graph.NewClassAsync();
        await using var guardian = await OpenAsync(school.Guardian, B);
        await using var student = await OpenAsync(school.Student, A);
        await SubscribeAsync(guardian, school.SubjectRoom);
        await SubscribeAsync(student, school.SubjectRoom);

        using var admin = await graph.RestAsync("demo.admin", A);
        using var withdrawn = await admin.DeleteAsync($"/api/v1/roster/students/{school.Student.Id}/guardians/{school.Guardian.Id}", Deadline.Token());
        Assert.True(withdrawn.IsSuccessStatusCode);
        var removed = await student.NextAsync(V1Type.MemberRemoved);
        var ended = await guardian.NextAsync(V1Type.Unsubscribed);
        await Deadline.UntilAsync(
            () => Task.FromResult(guardian.Seen), // the two logs are two streams: it may stand before the end of the room's
            seen => seen.Any(f => (string)f["type"]! == V1Type.RoomRemoved && (long)f["room"]! == school.SubjectRoom),
            "room.removed");
        await student.SendAsync(Send(school.SubjectRoom, "x", "без мамы"));
        await student.NextAsync(V1Type.Ack);
        await guardian.SendAsync(Subscribe(school.SubjectRoom, 0, "back"));
        var refused = await guardian.NextAsync(V1Type.Error);

        Assert.Equal(school.Guardian.Id, (long)removed["data"]!["user"]!["id"]!);
        Assert.Equal(V1Unsubscribed.Removed, (string)ended["data"]!["reason"]!);
        Assert.Equal((ErrorCode.AccessDenied, "back"), ((string)refused["data"]!["code"]!, (string)refused["id"]!));
        Assert.DoesNotContain(guardian.Seen, f => (string)f["type"]! == V1Type.MessageCreated);
    }

    [Fact]
    public async Task A_new_room_is_told_to_whoever_is_connected()
    {
        var student = await graph.NewPersonAsync("student");
        var teacher = await graph.NewPersonAsync("teacher");
        await using var socket = await OpenAsync(teacher, B);
        using var admin = await graph.RestAsync("demo.admin", A);
        var subject = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(admin, "/api/v1/roster/subjects", new { name = "Химия" }, Deadline.Token());
        var subjectId = (long)JsonNode.Parse(await subject.Content.ReadAsStringAsync())!["id"]!;

        using var enrolled = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(
            admin, "/api/v1/roster/enrollments", new { student_id = student.Id, subject_id = subjectId, teacher_id = teacher.Id }, Deadline.Token());

        var added = await socket.NextAsync(V1Type.RoomAdded);
        await SubscribeAsync(socket, (long)added["room"]!);
    }

    [Fact]
    public async Task Typing_presence_and_heads_reach_the_room_across_replicas()
    {
        var school = await graph.NewClassAsync();
        await using var teacher = await OpenAsync(school.Teacher, B);
        var head = (long)(await SubscribeAsync(teacher, school.SubjectRoom))["data"]!["head"]!;
        // who watches has to be counted themselves before others come: whoever is there by then is no news to them
        await teacher.NextAsync(V1Type.Presence, f => (long)f["data"]!["user"]!["id"]! == school.Teacher.Id);
        await using (var student = await OpenAsync(school.Student, A))
        {
            await SubscribeAsync(student, school.SubjectRoom);
            var came = await teacher.NextAsync(V1Type.Presence, f => (long)f["data"]!["user"]!["id"]! == school.Student.Id);
            await student.SendAsync(new { type = "typing", room = school.SubjectRoom });
            var typing = await teacher.NextAsync(V1Type.Typing);
            Assert.True((bool)came["data"]!["online"]!);
            Assert.True((bool)typing["data"]!["is_typing"]!);
        }

        var left = await teacher.NextAsync(V1Type.Presence, f => (long)f["data"]!["user"]!["id"]! == school.Student.Id);
        Assert.False((bool)left["data"]!["online"]!);
        var heads = await teacher.NextAsync(V1Type.Heads);
        Assert.Equal(head, (long)heads["data"]![$"{school.SubjectRoom}"]!);
    }

    [Theory]
    [InlineData("""{"type":"levitate","id":"7"}""", "unknown_type", "type", "7")]
    [InlineData("""{"type":"send","id":"7","room":1,"data":{"content":"a"}}""", "validation_error", "client_id", "7")]
    [InlineData("""{"type":"send","id":"7","room":1,"data":{"content":7,"client_id":"a"}}""", "validation_error", "content", "7")]
    [InlineData("""{"type":"send","id":"7","room":1,"data":{"content":"  ","client_id":"a"}}""", "validation_error", "content", "7")]
    [InlineData("""{"type":"send","id":"7","data":{"content":"a","client_id":"a"}}""", "validation_error", "room", "7")]
    [InlineData("""{"type":"send","id":"7","room":999999999,"data":{"content":"a","client_id":"a"}}""", "access_denied", null, "7")]
    [InlineData("""{"type":"subscribe","id":"7","room":999999999}""", "access_denied", null, "7")]
    [InlineData("""{"type":"subscribe","id":"7","room":1,"data":{"since":-1}}""", "validation_error", "since", "7")]
    [InlineData("""{"type":"typing","id":"7","room":999999999}""", "access_denied", null, "7")]
    [InlineData("""{"type":"auth","id":"7","data":{"token":"x"}}""", "validation_error", "type", "7")]
    [InlineData("""{"type":"ping","room":"five"}""", "validation_error", "room", null)]
    [InlineData("""[1]""", "validation_error", null, null)]
    [InlineData("""{nonsense""", "validation_error", null, null)]
    [InlineData("""{"type":"send","id":"7","room":1,"data":{"content":"\ud800","client_id":"a"}}""", "validation_error", "content", "7")]
    public async Task A_bad_frame_gets_an_error_that_names_it_and_the_socket_lives_on(string frame, string code, string? field, string? id)
    {
        await using var socket = await SeedSocket.ConnectAsync(A, $"/ws?token={await graph.TokenAsync("demo.student")}", subprotocol: V1Protocol.Subprotocol);
        await socket.NextAsync(V1Type.Ready);

        await socket.SendTextAsync(frame);

        var error = await socket.NextAsync(V1Type.Error);
        Assert.Equal((code, field, id), ((string)error["data"]!["code"]!, (string?)error["data"]!["field"], (string?)error["id"]));
        await socket.SendTextAsync("""{"type":"ping"}""");
        await socket.NextAsync(V1Type.Pong);
    }

    [Fact]
    public async Task The_door_takes_a_token_from_request_or_first_frame_and_refuses_by_code()
    {
        var token = await graph.TokenAsync("demo.teacher");
        await using var byQuery = await SeedSocket.ConnectAsync(A, $"/ws/?token={token}", subprotocol: V1Protocol.Subprotocol);
        var ready = await byQuery.NextAsync(V1Type.Ready);
        await using var byFrame = await SeedSocket.ConnectAsync(B, "/ws", subprotocol: V1Protocol.Subprotocol);
        await byFrame.SendAsync(new { type = "auth", id = "a", data = new { token } });
        var answered = await byFrame.NextAsync(V1Type.Ready);
        await using var wrongToken = await SeedSocket.ConnectAsync(A, $"/ws?token={new string('0', 40)}", subprotocol: V1Protocol.Subprotocol);
        await using var wrongFrame = await SeedSocket.ConnectAsync(A, "/ws", subprotocol: V1Protocol.Subprotocol);
        await wrongFrame.SendAsync(new { type = "ping" });
        await using var wrongProtocol = await SeedSocket.ConnectAsync(A, $"/ws?token={token}");
        using var plain = new HttpClient { BaseAddress = A };
        using var noSocket = await plain.GetAsync("/ws", Deadline.Token());

        Assert.Equal("teacher", (string)ready["data"]!["user"]!["role"]!);
        Assert.Equal(500, (int)ready["data"]!["limits"]!["rooms_max"]!);
        Assert.Equal("a", (string)answered["id"]!);
        Assert.Equal(CloseCode.NotAuthenticated, await wrongToken.CloseCodeAsync());
        Assert.Equal(CloseCode.NotAuthenticated, await wrongFrame.CloseCodeAsync());
        Assert.Equal(CloseCode.WrongProtocol, await wrongProtocol.CloseCodeAsync());
        Assert.Equal(HttpStatusCode.UpgradeRequired, noSocket.StatusCode);
    }

    [Fact]
    public async Task The_client_library_follows_a_room_across_cut_connections_on_the_real_server()
    {
        var school = await graph.NewClassAsync();
        var (teachers, students) = (new CuttingTransport(A, B), new CuttingTransport(B, A));
        await using var teacher = ClientFor(school.Teacher, teachers);
        await using var student = ClientFor(school.Student, students);
        await teacher.ConnectAsync(Deadline.Token());
        await student.ConnectAsync(Deadline.Token());
        await using var room = teacher.FollowAsync(school.SubjectRoom, cancellationToken: Deadline.Token()).GetAsyncEnumerator(Deadline.Token());
        Assert.True(await room.MoveNextAsync());
        var head = Assert.IsType<RoomOpened>(room.Current).Seq;

        var (sent, events) = (new List<OutgoingMessage>(), new List<RoomEvent>());
        for (var round = 0; round < 4; round++)
        {
            // what is sent after a cut arrives on a new connection only, which is cut in the middle again
            for (var i = 0; i < 20; i++) sent.Add(student.Send(school.SubjectRoom, $"{round}.{i}"));
            while (events.Count < (20 * round) + 5 && await room.MoveNextAsync()) events.Add(room.Current);
            teachers.Cut();
            students.Cut();
        }

        while (events.Count < sent.Count && await room.MoveNextAsync()) events.Add(room.Current);

        Assert.Equal(sent.Select(m => m.Content), events.Cast<MessageCreated>().Select(e => e.Message.Content));
        Assert.Equal(Enumerable.Range(1, sent.Count).Select(i => head + i), events.Select(e => e.Seq));
        foreach (var message in sent) await message.Stored.WaitAsync(Deadline.Token());

        // the last cut may come when everything has arrived: the clients come back after it all the same, in their own time
        await Deadline.UntilAsync(() => Task.FromResult(Math.Min(teachers.Made, students.Made)), made => made > 4, "connections of the client that made fewer");
    }

    private static ChatClient ClientFor(Support.Person who, IChatTransport transport) => new(new ChatClientOptions
    {
        Transport = transport,
        Token = _ => ValueTask.FromResult(who.Token),
        Jitter = () => 0,
    });

    private static async Task<SeedSocket> OpenAsync(Support.Person who, Uri replica)
    {
        var socket = await SeedSocket.ConnectAsync(replica, $"/ws?token={who.Token}", subprotocol: V1Protocol.Subprotocol);
        await socket.NextAsync(V1Type.Ready);
        return socket;
    }

    private static object Subscribe(long room, long? since, string id) => new { type = "subscribe", id, room, data = new { since } };

    private static object Send(long room, string clientId, string content) => new { type = "send", id = clientId, room, data = new { client_id = clientId, content } };

    private static async Task<JsonObject> SubscribeAsync(SeedSocket socket, long room, long? since = null)
    {
        var id = Guid.NewGuid().ToString();
        await socket.SendAsync(Subscribe(room, since, id));
        return await socket.NextAsync(V1Type.Subscribed, f => (string)f["id"]! == id);
    }
}
