using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Contracts;

namespace TheBot.Tests.Symptoms;

/// <summary>What users of the replaced system saw go wrong with rooms: the same steps, and what they must see now.</summary>
[Collection(SharedGraph.Name)]
public sealed class RoomSymptomTests(ChatGraph graph)
{
    [Fact]
    public async Task An_administrator_who_looked_into_a_room_could_write_there_from_then_on()
    {
        var school = await graph.NewClassAsync();
        var room = school.SubjectRoom;
        using var admin = await graph.RestAsync("demo.admin");
        await using (var looking = await graph.SeedAsync("demo.admin", room, graph.Replicas[0])) await looking.NextAsync("room_history");
        using var history = await admin.GetAsync($"/api/chat/forum/{room}/messages/");
        using var marked = await admin.PostAsync($"/api/chat/forum/{room}/mark_read/", null);

        using var written = await admin.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "и я тут" });
        using var student = graph.Rest(school.Student);
        var seen = Assert.Single((await student.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray())!;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (history.StatusCode, marked.StatusCode, written.StatusCode));
        Assert.Equal(3, (int)seen["participants_count"]!);
        Assert.Equal([school.Student.Id, school.Teacher.Id, school.Guardian.Id], seen["participants"]!.AsArray().Select(p => (long)p!["id"]!));
    }

    [Fact]
    public async Task What_one_role_wrote_another_role_of_the_same_room_did_not_see()
    {
        var school = await graph.NewClassAsync();
        Support.Person[] people = [school.Student, school.Teacher, school.Guardian];
        foreach (var person in people)
        {
            using var rest = graph.Rest(person);
            using var sent = await rest.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = person.Username });
            Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        }

        foreach (var person in people)
        {
            using var rest = graph.Rest(person);
            await using var socket = await ChatGraph.SeedAsync(person, school.SubjectRoom, graph.Replicas[1]);
            var page = (await rest.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{school.SubjectRoom}/messages/"))!["results"]!.AsArray();
            var history = (await socket.NextAsync("room_history"))["messages"]!.AsArray();
            Assert.Equal(people.Select(p => p.Username), page.Select(m => (string)m!["content"]!));
            Assert.Equal(people.Select(p => p.Username), history.Select(m => (string)m!["content"]!));
        }
    }

    [Fact]
    public async Task A_course_with_a_long_name_got_no_room_at_all()
    {
        var (student, teacher) = (await graph.NewPersonAsync("student"), await graph.NewPersonAsync("teacher"));
        using var admin = await graph.RestAsync("demo.admin");
        using var made = await admin.PostAsJsonAsync("/api/v1/roster/subjects", new { name = "Физика" });
        var name = string.Concat(Enumerable.Repeat("Углублённая физика ", 11))[..200];

        using var enrolled = await admin.PostAsJsonAsync("/api/v1/roster/enrollments", new
        {
            student_id = student.Id,
            subject_id = (long)(await ReadAsync(made))["id"]!,
            teacher_id = teacher.Id,
            custom_subject_name = name,
        });
        Assert.Equal(HttpStatusCode.Created, enrolled.StatusCode);

        using var rest = graph.Rest(student);
        var room = Assert.Single((await rest.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray())!;
        Assert.Equal(name.Trim()[..199], ((string)room["name"]!)[..199]);
        Assert.InRange(((string)room["name"]!).Length, 199, 200);
    }

    [Fact]
    public async Task Enrolling_twice_at_once_made_two_rooms_and_the_school_had_two_general_ones()
    {
        var (student, teacher) = (await graph.NewPersonAsync("student"), await graph.NewPersonAsync("teacher"));
        using var a = await graph.RestAsync("demo.admin", graph.Replicas[0]);
        using var b = await graph.RestAsync("demo.admin", graph.Replicas[1]);
        using var made = await a.PostAsJsonAsync("/api/v1/roster/subjects", new { name = "Физика" });
        var body = new { student_id = student.Id, subject_id = (long)(await ReadAsync(made))["id"]!, teacher_id = teacher.Id };

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? a : b).PostAsJsonAsync("/api/v1/roster/enrollments", body, Deadline.Token())));

        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        using var rest = graph.Rest(student);
        Assert.Equal(["forum_subject", "general"], (await rest.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!.Select(room => (string)room!["kind"]!).Order());
    }

    [Fact]
    public async Task The_numbers_beside_a_room_were_wrong()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        for (var i = 0; i < 4; i++) await student.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = $"{i}" });
        await teacher.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = "свой ответ" });

        var listed = Assert.Single((await teacher.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray())!;
        var bell = (await teacher.GetFromJsonAsync<JsonObject>("/api/chat/notifications/"))!;
        using var read = await teacher.PostAsync($"/api/chat/forum/{school.SubjectRoom}/mark_read/", null);
        var after = (await teacher.GetFromJsonAsync<JsonObject>("/api/chat/notifications/"))!;

        using var admin = await graph.RestAsync("demo.admin");
        var looked = (await admin.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray().Single(room => (long)room!["id"]! == school.SubjectRoom)!;

        // not one, and not multiplied by the members; who only looks on has nothing to read
        Assert.Equal((3, 0), ((int)looked["participants_count"]!, (int)looked["unread_count"]!));
        Assert.Equal((3, 4), ((int)listed["participants_count"]!, (int)listed["unread_count"]!));
        Assert.Equal(
            """{"total_rooms":1,"active_rooms":1,"total_messages":5,"unread_messages":4,"participants_count":3,"unread_threads":1,"has_new_messages":true}""",
            bell.ToJsonString());
        Assert.Equal((0, false), ((int)after["unread_messages"]!, (bool)after["has_new_messages"]!));
    }

    [Fact]
    public async Task Nobody_in_particular_on_an_odd_address_took_the_server_down()
    {
        foreach (var path in new[] { "/ws/chat", "/ws/chat/", "/ws/chat/general", "/ws/chat/1", "/ws/chat/да/", "/ws/chat/99999999999999999999/", "/ws/chat/?room_id=x" })
        {
            await using var nobody = await SeedSocket.ConnectAsync(graph.Replicas[0], $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}token=nonsense");
            Assert.Equal(CloseCode.NotAuthenticated, await nobody.CloseCodeAsync());
        }

        using var rest = await graph.RestAsync(null, graph.Replicas[0]);
        foreach (var path in new[] { "/api/chat/forum/", "/api/chat/forum/1/messages/", "/api/chat/notifications/", "/api/v1/rooms", "/api/v1/rooms/1", "/api/v1/contacts" })
        {
            using var answer = await rest.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using var alive = await rest.GetAsync("/alive");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Theory]
    [InlineData("?token={0}", null)]
    [InlineData("?authorization=Bearer%20{0}", null)]
    [InlineData("?authorization=token%20{0}", null)]
    [InlineData("", "Token {0}")]
    [InlineData("", "token {0}")]
    [InlineData("", "BEARER {0}")]
    public async Task A_token_was_lost_on_its_way_and_the_client_came_back_for_ever(string query, string? header)
    {
        var token = await graph.TokenAsync("demo.student");
        await using var socket = await SeedSocket.ConnectAsync(
            graph.Replicas[0], "/ws/chat/general/" + query.Replace("{0}", token, StringComparison.Ordinal), header?.Replace("{0}", token, StringComparison.Ordinal));

        Assert.NotNull((await socket.NextAsync("room_history"))["messages"]);
    }

    [Fact]
    public async Task Being_refused_a_room_was_no_end_and_what_followed_its_number_was_taken_for_it()
    {
        var school = await graph.NewClassAsync();
        var outsider = await graph.NewPersonAsync("student");
        foreach (var room in new[] { $"{school.SubjectRoom}", "9000000000", "x5", $"{school.SubjectRoom}x" })
        {
            await using var refused = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/chat/{room}/?token={outsider.Token}");
            Assert.Equal(CloseCode.NoAccess, await refused.CloseCodeAsync());
            Assert.True(CloseCode.IsFinal(CloseCode.NoAccess));
        }

        using var client = new HttpClient { BaseAddress = graph.Replicas[0] };
        using var beyond = await client.GetAsync($"/ws/chat/{school.SubjectRoom}/beyond/?token={school.Student.Token}");
        Assert.Equal(HttpStatusCode.NotFound, beyond.StatusCode);
    }

    [Fact]
    public async Task No_message_could_be_stored_because_a_column_had_been_forgotten()
    {
        var school = await graph.NewClassAsync();
        using var rest = graph.Rest(school.Student);
        await using var socket = await ChatGraph.SeedAsync(school.Student, school.SubjectRoom, graph.Replicas[0]);
        await socket.NextAsync("room_history");
        using var byForum = await rest.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = "раз" });
        using var byV1 = await rest.PostAsJsonAsync($"/api/v1/rooms/{school.SubjectRoom}/messages", new { content = "два" });
        await socket.SendAsync(new { type = "chat_message", content = "три" });
        await socket.NextAsync("message_sent");

        var stored = (await rest.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{school.SubjectRoom}/messages/?message_type=text"))!["results"]!.AsArray();
        Assert.Equal(["раз", "два", "три"], stored.Select(m => (string)m!["content"]!));
        Assert.All(stored, m => Assert.Equal("text", (string)m!["message_type"]!));

        // the model and the database say the same: what one reads, the other has
        await using var database = NpgsqlDataSource.Create((await graph.App.GetConnectionStringAsync("chatdb"))!);
        await using var types = database.CreateCommand("SELECT count(*) FROM messages WHERE room_id = $1 AND type = 'text'");
        types.Parameters.AddWithValue(school.SubjectRoom);
        Assert.Equal(3L, await types.ExecuteScalarAsync());
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
}
