using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator;

namespace TheBot.Tests.Symptoms;

/// <summary>What users of the replaced system saw go wrong with people coming and going: the same steps, and what they must see now.</summary>
[Collection(SharedGraph.Name)]
public sealed class RosterSymptomTests(ChatGraph graph)
{
    [Fact]
    public async Task A_parent_who_was_unassigned_or_changed_for_another_stayed_in_the_room()
    {
        var school = await graph.NewClassAsync();
        var other = await graph.NewPersonAsync("parent");
        using var admin = await graph.RestAsync("demo.admin", graph.Replicas[0]);
        using var former = graph.Rest(school.Guardian);
        using var present = graph.Rest(other);
        await using var live = await ChatGraph.SeedAsync(school.Guardian, school.SubjectRoom, graph.Replicas[1]);
        await live.NextAsync("room_history");

        using var added = await admin.PutAsync($"/api/v1/roster/students/{school.Student.Id}/guardians/{other.Id}", null);
        using var removed = await admin.DeleteAsync($"/api/v1/roster/students/{school.Student.Id}/guardians/{school.Guardian.Id}");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (added.StatusCode, removed.StatusCode));

        Assert.Equal(CloseCode.NoAccess, await live.CloseCodeAsync());
        Assert.Empty((await former.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray());
        using var refused = await former.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = "я ещё тут" });
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        var room = Assert.Single((await present.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray())!;
        Assert.Equal(new[] { school.Student.Id, school.Teacher.Id, other.Id }.Order(), room["participants"]!.AsArray().Select(p => (long)p!["id"]!).Order());
    }

    [Fact]
    public async Task A_former_tutor_and_a_former_teacher_went_on_reading_and_writing()
    {
        var school = await graph.NewClassAsync();
        var (tutor, successor) = (await graph.NewPersonAsync("tutor"), await graph.NewPersonAsync("teacher"));
        using var admin = await graph.RestAsync("demo.admin");
        using var assigned = await admin.PutAsync($"/api/v1/roster/students/{school.Student.Id}/tutors/{tutor.Id}", null);
        using var formerTutor = graph.Rest(tutor);
        var tutors = (long)(await formerTutor.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray().Single()!["id"]!;

        using var unassigned = await admin.DeleteAsync($"/api/v1/roster/students/{school.Student.Id}/tutors/{tutor.Id}");
        using var changed = await admin.PatchAsJsonAsync($"/api/v1/roster/enrollments/{school.EnrollmentId}", new { teacher_id = successor.Id });
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK), (unassigned.StatusCode, changed.StatusCode));

        foreach (var (person, room) in new[] { (tutor, tutors), (school.Teacher, school.SubjectRoom) })
        {
            using var rest = graph.Rest(person);
            using var history = await rest.GetAsync($"/api/chat/forum/{room}/messages/");
            using var sent = await rest.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "по привычке" });
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (history.StatusCode, sent.StatusCode));
            await using var socket = await ChatGraph.SeedAsync(person, room, graph.Replicas[1]);
            Assert.Equal(CloseCode.NoAccess, await socket.CloseCodeAsync());
        }
    }

    [Fact]
    public async Task An_author_could_not_delete_their_own_message_and_teachers_and_administrators_were_refused_in_class()
    {
        var school = await graph.NewClassAsync();
        var address = $"/api/chat/forum/{school.SubjectRoom}";
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        using var admin = await graph.RestAsync("demo.admin");
        var ids = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            using var sent = await student.PostAsJsonAsync($"{address}/send_message/", new { content = $"{i}" });
            ids.Add((long)(await sent.Content.ReadFromJsonAsync<JsonObject>())!["message"]!["id"]!);
        }

        foreach (var (rest, id, role) in new[] { (student, ids[0], "author"), (teacher, ids[1], "moderator"), (admin, ids[2], "moderator") })
        {
            using var seen = await rest.GetAsync($"{address}/messages/");
            using var deleted = await rest.DeleteAsync($"{address}/messages/{id}/delete/");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (seen.StatusCode, deleted.StatusCode));
            Assert.Equal(role, (string)(await deleted.Content.ReadFromJsonAsync<JsonObject>())!["deleted_by_role"]!);
        }

        Assert.Empty((await student.GetFromJsonAsync<JsonObject>($"{address}/messages/"))!["results"]!.AsArray());
    }

    [Fact]
    public async Task A_login_on_a_second_device_ended_the_first()
    {
        var person = await graph.NewPersonAsync("student");
        await using var phone = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/chat/general/?token={person.Token}");
        await phone.NextAsync("room_history");

        var (status, token) = await graph.LogInAsync(person.Username, ChatGraph.Password);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.NotEqual(person.Token, token);
        await phone.SendAsync(new { type = "ping" });
        await phone.NextAsync("pong");
        foreach (var both in new[] { person.Token, token! })
        {
            using var rest = graph.Rest(person with { Token = both });
            using var answer = await rest.GetAsync("/api/v1/rooms"); // and the new one holds at once, on whichever replica
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_slow_phone_had_five_seconds_to_say_who_it_is()
    {
        var waited = Stopwatch.StartNew();
        await using var silent = await SeedSocket.ConnectAsync(graph.Replicas[0], "/ws/chat/general/");
        Assert.Equal(CloseCode.NotAuthenticated, await silent.CloseCodeAsync());

        Assert.InRange(waited.Elapsed, TimeSpan.FromSeconds(9.5), Deadline.Patience);
    }

    [Fact]
    public async Task Whoever_deleted_an_account_deleted_what_it_had_said_for_everybody()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        using var admin = await graph.RestAsync("demo.admin");
        using var sent = await teacher.PostAsJsonAsync($"/api/chat/forum/{school.SubjectRoom}/send_message/", new { content = "задание на лето" });

        using var deleted = await admin.DeleteAsync($"/api/v1/roster/users/{school.Teacher.Id}");
        var room = Assert.Single((await student.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray())!;
        var message = Assert.Single((await student.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{school.SubjectRoom}/messages/"))!["results"]!.AsArray())!;

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(("задание на лето", "deleted"), ((string)message["content"]!, (string)message["sender_name"]!));
        Assert.Equal(("задание на лето", 2), ((string)room["last_message"]!["content"]!, (int)room["participants_count"]!));
    }
}

/// <summary>As above, for what an upgrade of the replaced system did to its data.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class UpgradeSymptomTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_upgrade_cut_rooms_from_their_enrollments_and_the_next_one_dropped_them()
    {
        var connectionString = await postgres.NewDatabaseAsync(migrated: false);
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql(connectionString).UseChatModel();
        await using (var context = new ChatDbContext(options.Options)) await context.GetService<IMigrator>().MigrateAsync("20261123000000_Initial", Deadline.Token());
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var old = database.CreateCommand(
            """
            INSERT INTO users (username, first_name, last_name, role, is_administrator, is_active, is_demo)
            VALUES ('a', 'Анна', 'С', 'student', false, true, false), ('b', 'Пётр', 'К', 'teacher', false, true, false);
            INSERT INTO subjects (name) VALUES ('Физика');
            INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) VALUES (1, 1, 2, true);
            INSERT INTO rooms (kind, enrollment_id, name, description, created_by, head_seq, writable, locked, slow_mode_seconds)
            VALUES ('forum_subject', 1, 'Физика - Анна С ↔ Пётр К', '', 1, 3, true, false, 0);
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) VALUES (1, 1, '{student}', 0, 0), (1, 2, '{teacher}', 0, 0);
            INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at) VALUES (1, 3, 1, 'x', 0, 'до обновления', 'text', now(), now());
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, subject_id, data, created_at)
            VALUES (1, 1, 10, NULL, NULL, 1, '{}', now()), (1, 2, 10, NULL, NULL, 2, '{}', now()), (1, 3, 1, 1, 1, NULL, NULL, now());
            """);
        await old.ExecuteNonQueryAsync(Deadline.Token());

        await ScratchPostgres.MigrateAsync(connectionString);
        var report = await new RoomProvisioner(database, new NobodyListens()).ConvergeEverythingAsync(dryRun: false, Deadline.Token());

        Assert.Equal((1, 0, 0), (report.RoomsCreated, report.MembersAdded, report.MembersRemoved)); // the one made is the general room
        await using var kept = database.CreateCommand("SELECT r.enrollment_id, m.content FROM rooms r JOIN messages m ON m.room_id = r.id WHERE r.id = 1");
        await using var row = await kept.ExecuteReaderAsync(Deadline.Token());
        Assert.True(await row.ReadAsync(Deadline.Token()));
        Assert.Equal((1L, "до обновления"), (row.GetInt64(0), row.GetString(1)));
    }
}
