using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

/// <summary>Who is deleted is gone at once and for good; what they wrote stays for everybody.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class DeletedPersonTests(RosterSchool school) : IClassFixture<RosterSchool>
{
    [Fact]
    public async Task Their_messages_stay_by_the_name_deleted_and_nothing_else_of_them()
    {
        var lesson = await school.LessonAsync();
        await school.SayAsync(lesson.Parent, lesson.Room, "останется");
        await using var live = await school.Api.SeedAsync(lesson.Parent, lesson.Room);
        await using var other = await school.Api.SeedAsync(lesson.Student, lesson.Room);

        var (deleted, _, _) = await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Parent.Id}");
        var (again, _, _) = await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Parent.Id}");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (deleted, again));
        Assert.Contains(await live.CloseCodeAsync(), new[] { CloseCode.NotAuthenticated, CloseCode.NoAccess }); // whichever is first
        using var student = school.Rest(lesson.Student);
        var message = (await student.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{lesson.Room}/messages"))!["results"]!.AsArray().Single()!;
        var inForum = (await student.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{lesson.Room}/messages/"))!["results"]!.AsArray().Single()!;
        Assert.Equal(("останется", "deleted"), ((string)message["content"]!, (string)message["sender"]!["full_name"]!));
        Assert.Equal(("deleted", "deleted", null), ((string)inForum["sender_name"]!, (string)inForum["sender"]!["full_name"]!, (string?)inForum["sender_avatar"]));
        var members = (await student.GetFromJsonAsync<JsonArray>($"/api/v1/rooms/{lesson.Room}/members"))!;
        Assert.Equal(new[] { lesson.Student.Id, lesson.Teacher.Id }.Order(), members.Select(m => (long)m!["user"]!["id"]!));
        Assert.Equal(
            (null, null, true),
            (await school.School.QueryAsync(
                "SELECT email, password_hash, username <> $2 FROM users WHERE id = $1",
                row => (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetBoolean(2)), lesson.Parent.Id, lesson.Parent.Username)).Single());
        await school.AgreesAsync();
    }

    [Fact]
    public async Task Their_name_is_told_no_more_by_what_the_logs_said_before()
    {
        const string Name = "Forgettable";
        var lesson = await school.LessonAsync();
        await school.AskAsync(HttpMethod.Patch, $"users/{lesson.Student.Id}", new { last_name = Name });
        using var teacher = school.Rest(lesson.Teacher);
        var group = (long)(await (await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "Поход" })).Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        await using var live = await school.Api.V1Async(lesson.Teacher); // the replica keeps what is new for it
        await SubscribeAsync(live, group);
        using var added = await teacher.PutAsync($"/api/v1/rooms/{group}/members/{lesson.Student.Id}", null);
        using var muted = await teacher.PutAsJsonAsync($"/api/v1/rooms/{group}/members/{lesson.Student.Id}/mute", new { until = "2099-01-01T00:00:00Z" });
        using var direct = await teacher.PutAsync($"/api/v1/rooms/direct/{lesson.Student.Id}", null);
        Assert.Contains(Name, (await live.NextAsync(V1Type.MemberMuted)).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(Name, await direct.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var lines = await LinesAsync();

        await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Student.Id}");
        await live.NextAsync(V1Type.MemberRemoved);

        foreach (var (room, types) in new[]
        {
            (group, new[] { V1Type.MemberAdded, V1Type.MemberMuted, V1Type.MemberRemoved }),
            (lesson.Room, [V1Type.MemberAdded, V1Type.RoomUpdated, V1Type.MemberRemoved]),
        })
        {
            await using var resumed = await school.Api.V1Async(lesson.Teacher);
            await SubscribeAsync(resumed, room, since: 0);
            var told = new List<JsonObject>();
            while (told.LastOrDefault() is not { } last || (string)last["type"]! != V1Type.MemberRemoved) told.Add((await resumed.FirstAsync())!);
            Assert.Superset(types.ToHashSet(), told.Select(frame => (string)frame["type"]!).ToHashSet());
            Assert.All(told, frame => Assert.DoesNotContain(Name, frame.ToJsonString(), StringComparison.Ordinal));
        }

        Assert.DoesNotContain(Name, await teacher.GetStringAsync("/api/v1/rooms"), StringComparison.Ordinal);
        Assert.Equal(0L, await school.School.ScalarAsync<long>("SELECT count(*) FROM rooms WHERE strpos(name, $1) > 0", Name));
        Assert.Equal(0L, await school.School.ScalarAsync<long>("SELECT count(*) FROM room_events WHERE strpos(data::text, $1) > 0", Name));
        Assert.Equal(lines, (await LinesAsync()).Take(lines.Count));
        await school.AgreesAsync();

        Task<List<(long, long, short)>> LinesAsync() => school.School.QueryAsync(
            "SELECT room_id, seq, kind FROM room_events WHERE room_id = $1 ORDER BY seq", row => (row.GetInt64(0), row.GetInt64(1), row.GetInt16(2)), group);
    }

    [Fact]
    public async Task They_are_in_no_room_any_more_and_cannot_come_back()
    {
        var lesson = await school.LessonAsync();
        using var teacher = school.Rest(lesson.Teacher);
        var group = (long)(await (await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "Поход", member_ids = new[] { lesson.Parent.Id, lesson.Student.Id } }))
            .Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        var direct = (long)(await (await teacher.PutAsync($"/api/v1/rooms/direct/{lesson.Parent.Id}", null)).Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        await using var watching = await school.Api.V1Async(lesson.Student);
        await watching.SendAsync(new { type = "subscribe", id = "s", room = group });
        await watching.NextAsync(V1Type.Subscribed);

        await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Parent.Id}");

        var left = await watching.NextAsync(V1Type.MemberRemoved);
        Assert.Equal((lesson.Parent.Id, "deleted"), ((long)left["data"]!["user"]!["id"]!, (string)left["data"]!["user"]!["full_name"]!));
        using var gone = school.Rest(lesson.Parent);
        using var refused = await gone.GetAsync("/api/v1/rooms");
        using var login = await school.Api.Api.Rest().PostAsJsonAsync("/api/auth/login/", new { username = lesson.Parent.Username, password = ApiSchool.Password });
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (refused.StatusCode, login.StatusCode));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.ReadOnly), await school.SayAsync(lesson.Teacher, direct, "где вы?"));
        Assert.Equal("deleted", (string)(await teacher.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{direct}"))!["other_user"]!["full_name"]!);
        var (active, _, _) = await school.AskAsync(HttpMethod.Put, $"users/{lesson.Parent.Id}/active", new { active = true });
        var (linked, _, _) = await school.AskAsync(HttpMethod.Put, $"students/{lesson.Student.Id}/guardians/{lesson.Parent.Id}");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (active, linked));
        var (free, _, _) = await school.PostAsync("users", new { username = lesson.Parent.Username, first_name = "Другая", role = "parent" });
        Assert.Equal(HttpStatusCode.Created, free);
        await school.AgreesAsync();
    }

    [Fact]
    public async Task A_deleted_teachers_lessons_end_and_another_teacher_goes_on_in_the_same_room()
    {
        var (lesson, successor) = (await school.LessonAsync(), await school.PersonAsync(Role.Teacher));
        await school.SayAsync(lesson.Teacher, lesson.Room, "задание");
        await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Teacher.Id}");
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.ReadOnly), await school.SayAsync(lesson.Student, lesson.Room, "вопрос"));
        var (unfit, _, _) = await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = true });

        await school.AskAsync(HttpMethod.Patch, $"enrollments/{lesson.Enrollment}", new { teacher_id = successor.Id });
        var (active, _, _) = await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = true });

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (unfit, active));
        Assert.Equal(["задание"], await school.ReadAsync(successor, lesson.Room));
        Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(lesson.Student, lesson.Room, "вопрос"));
        await school.AgreesAsync();
    }

    [Fact]
    public async Task A_deleted_students_rooms_stay_for_the_others_to_read_and_a_teacher_of_many_is_out_of_all_theirs()
    {
        var lesson = await school.LessonAsync();
        await school.SayAsync(lesson.Student, lesson.Room, "сдал");
        for (var i = 0; i < 40; i++) await school.School.EnrollAsync(await school.School.PersonAsync(Role.Student), lesson.Subject, lesson.Teacher.Id);

        await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Student.Id}");
        Assert.Equal(["сдал"], await school.ReadAsync(lesson.Parent, lesson.Room));
        Assert.Contains("- deleted ↔", await school.School.ScalarAsync<string>("SELECT name FROM rooms WHERE id = $1", lesson.Room), StringComparison.Ordinal);

        await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Teacher.Id}");
        await school.ProvisionedAsync();
        Assert.Equal(0L, await school.School.ScalarAsync<long>("SELECT count(*) FROM room_members WHERE user_id = $1 AND cardinality(reasons) > 0", lesson.Teacher.Id));
        await school.AgreesAsync();
    }

    /// <summary>In the general room everybody may have read something; nobody else's word waits there for a deletion.</summary>
    [Fact]
    public async Task A_deletion_waits_for_no_room_that_it_leaves_as_it_is()
    {
        var lesson = await school.LessonAsync();
        var pupils = new List<RosterEnrollment>();
        for (var i = 0; i <= RoomProvisioner.StudentsAtOnce; i++) pupils.Add(await school.School.EnrollAsync(await school.School.PersonAsync(Role.Student), lesson.Subject, lesson.Teacher.Id));
        var general = await school.School.ScalarAsync<long>("SELECT id FROM rooms WHERE kind = 'general'");
        await school.SayAsync(lesson.Student, general, "всем привет");
        using var teacher = school.Rest(lesson.Teacher);
        using var read = await teacher.PutAsJsonAsync($"/api/v1/rooms/{general}/read", new { seq = 1 });
        Assert.Equal(1L, await school.School.ScalarAsync<long>("SELECT count(*) FROM room_members WHERE room_id = $1 AND user_id = $2", general, lesson.Teacher.Id));

        await using (var busy = await school.School.Database.OpenConnectionAsync(Deadline.Token()))
        await using (await busy.BeginTransactionAsync(Deadline.Token()))
        {
            // somebody speaks in the general room, and in that of a student whose rooms follow later
            await using var hold = new NpgsqlCommand("SELECT FROM rooms WHERE id = ANY ($1) FOR NO KEY UPDATE", busy);
            hold.Parameters.AddWithValue(new[] { general, pupils[0].Rooms.Single().Id });
            await hold.ExecuteNonQueryAsync(Deadline.Token());

            Assert.Equal(HttpStatusCode.NoContent, (await school.AskAsync(HttpMethod.Delete, $"users/{lesson.Teacher.Id}")).Status);
        }

        await school.ProvisionedAsync();
        await school.AgreesAsync();
    }

    private static async Task SubscribeAsync(SeedSocket v1, long room, long? since = null)
    {
        await v1.SendAsync(new { type = "subscribe", id = "s", room, data = new { since } });
        if (since is null) await v1.NextAsync(V1Type.Subscribed);
    }
}
