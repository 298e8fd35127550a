using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Data.Schema;
using TheBot.Tests.Rooms;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Symptoms;

/// <summary>What users of the replaced system saw go wrong on its pages: the same steps, and what they must see now.</summary>
[Collection(SharedGraph.Name)]
public sealed class ForumSymptomTests(ChatGraph graph)
{
    [Fact]
    public async Task The_bell_answered_500_and_names_and_pictures_were_missing()
    {
        var school = await graph.NewClassAsync();
        await using var database = NpgsqlDataSource.Create((await graph.App.GetConnectionStringAsync("chatdb"))!);
        await using var picture = database.CreateCommand("UPDATE users SET avatar = 'avatars/п.png', last_name = '' WHERE id = $1");
        picture.Parameters.AddWithValue(school.Teacher.Id);
        Assert.Equal(1, await picture.ExecuteNonQueryAsync());
        using var teacher = graph.Rest(school.Teacher);
        using var sent = await teacher.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = "здравствуйте" });
        using var tutor = graph.Rest(await graph.NewPersonAsync("tutor"));

        foreach (var rest in new[] { graph.Rest(school.Student), graph.Rest(school.Teacher), graph.Rest(school.Guardian), tutor, await graph.RestAsync("demo.admin") })
        {
            using var bell = await rest.GetAsync("/api/chat/notifications/");
            using var contacts = await rest.GetAsync("/api/chat/available-contacts/");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (bell.StatusCode, contacts.StatusCode));
        }

        using var student = graph.Rest(school.Student);
        var message = (await student.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{school.SubjectRoom}/messages/"))!["results"]![0]!;
        var contact = (await student.GetFromJsonAsync<JsonObject>("/api/chat/available-contacts/"))!["results"]!.AsArray().Single(c => (long)c!["id"]! == school.Teacher.Id)!;
        var address = new Uri(graph.Address, "/media/avatars/п.png").OriginalString;
        Assert.Equal(("Тест", "Тест", "Тест"), ((string)message["sender"]!["full_name"]!, (string)message["sender_name"]!, (string)contact["full_name"]!));
        Assert.EndsWith("/media/avatars/п.png", (string)message["sender_avatar"]!, StringComparison.Ordinal);
        Assert.Equal(address, (string)contact["avatar_url"]!);
        Assert.Equal(1, (int)(await student.GetFromJsonAsync<JsonObject>("/api/chat/notifications/"))!["unread_messages"]!);
    }

    [Fact]
    public async Task Starting_a_chat_failed_by_the_name_of_a_field_and_contacts_were_taken_for_a_room()
    {
        var school = await graph.NewClassAsync();
        var tutor = await graph.NewPersonAsync("tutor");
        using var admin = await graph.RestAsync("demo.admin");
        using var assigned = await admin.PutAsync($"/api/v1/roster/students/{school.Student.Id}/tutors/{tutor.Id}", null);
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);

        foreach (var (rest, body, type) in new (HttpClient, object, string)[]
        {
            (student, new { contact_user_id = school.Teacher.Id }, "forum_subject"),
            (student, new { recipient_id = school.Teacher.Id }, "forum_subject"),
            (student, new { contact_user_id = tutor.Id }, "forum_tutor"),
            (teacher, new { contact_user_id = school.Guardian.Id }, "forum_subject"),
            (teacher, new { contact_user_id = tutor.Id }, "direct"),
        })
        {
            using var answer = await rest.PostAsJsonAsync("/api/chat/initiate-chat/", body);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            var chat = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["chat"]!;
            Assert.Equal(type, (string)chat["type"]!);
            // and the chat is one that the page can open
            var listed = (await rest.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray().Select(r => (long)r!["id"]!);
            Assert.Contains((long)chat["id"]!, listed);
            using var sent = await rest.PostAsJsonAsync($"/api/chat/forum/{chat["id"]}/send_message/", new { content = "здравствуйте" });
            Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        }

        using var contacts = await student.GetAsync("/api/v1/contacts");
        using var asRoom = await student.GetAsync("/api/v1/rooms/contacts");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (contacts.StatusCode, asRoom.StatusCode));
    }
}

/// <summary>As above, for what took a large school to be seen.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LargeSchoolSymptomTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task The_contacts_of_six_hundred_took_a_thousand_queries_and_timed_out()
    {
        await using var school = await School.OpenAsync(postgres);
        var teacher = await school.PersonAsync(Role.Teacher);
        await school.ExecuteAsync(
            """
            WITH student AS (
                INSERT INTO users (username, first_name, last_name, role, is_administrator, is_active, is_demo)
                SELECT 's' || n, 'Ученик', n::text, 'student', false, true, false FROM generate_series(1, 600) AS n RETURNING id
            ),
            subject AS (INSERT INTO subjects (name) VALUES ('Физика') RETURNING id)
            INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) SELECT student.id, subject.id, $1, true FROM student, subject
            """,
            teacher);
        await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token());
        var token = await school.Database.LogInAsync(teacher);
        await using var api = await CountedApi.StartAsync(school.Database.ConnectionString);

        var (body, commands) = await api.GetAsync(token, "/api/chat/available-contacts/");

        var contacts = JsonNode.Parse(body)!["results"]!.AsArray();
        Assert.Equal(600, contacts.Select(contact => (long)contact!["id"]!).Distinct().Count());
        Assert.All(contacts, contact => Assert.True((bool)contact!["has_active_chat"]!));
        Assert.Equal(2, commands); // who asks, and the answer
    }
}
