using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using TheBot.Contracts;
using TheBot.Data.Schema;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Roster;

/// <summary>The administrators' single calls: accounts, subjects, enrollments. Each may be repeated, and of two who change a thing at once the second is told.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class RosterApiTests(RosterSchool school) : IClassFixture<RosterSchool>
{
    [Fact]
    public async Task An_account_is_made_once_however_often_it_is_asked_for()
    {
        var body = new { username = "ivanova", password = "long enough", first_name = "Мария", last_name = "Иванова", role = "teacher", email = "m@example.com" };
        var (made, user, _) = await school.PostAsync("users", body);
        var (again, same, _) = await school.PostAsync("users", body);
        var (otherName, taken, _) = await school.PostAsync("users", body with { first_name = "Марина" });
        var (otherPassword, takenToo, _) = await school.PostAsync("users", body with { password = "another one" });

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (made, again));
        Assert.Equal(user!.ToJsonString(), same!.ToJsonString());
        Assert.Equal(("Мария Иванова", "teacher", "m@example.com", true), ((string)user["full_name"]!, (string)user["role"]!, (string)user["email"]!, (bool)user["is_active"]!));
        Assert.Equal((HttpStatusCode.Conflict, ErrorCode.UsernameTaken), (otherName, (string)taken!["code"]!));
        Assert.Equal((HttpStatusCode.Conflict, ErrorCode.UsernameTaken), (otherPassword, (string)takenToo!["code"]!));
        Assert.NotNull(taken["errors"]!["username"]);
    }

    [Fact]
    public async Task A_new_name_reaches_the_rooms_and_of_two_who_change_it_the_second_is_told()
    {
        var lesson = await school.LessonAsync();
        var path = $"users/{lesson.Teacher.Id}";
        var (_, _, version) = await school.AskAsync(HttpMethod.Get, path);

        var (first, user, next) = await school.AskAsync(HttpMethod.Patch, path, new { first_name = "Анна", last_name = "Ветрова", email = "a@example.com" }, version);
        var (second, problem, _) = await school.AskAsync(HttpMethod.Patch, path, new { first_name = "Алла" }, version);
        var (repeated, _, _) = await school.AskAsync(HttpMethod.Patch, path, new { first_name = "Анна" }, version);
        var (third, cleared, _) = await school.AskAsync(HttpMethod.Patch, path, new { email = "" }, next);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (first, repeated, third));
        Assert.Equal((HttpStatusCode.PreconditionFailed, ErrorCode.Outdated), (second, (string)problem!["code"]!));
        Assert.Equal(("Анна Ветрова", "a@example.com", null), ((string)user!["full_name"]!, (string?)user["email"], (string?)cleared!["email"]));
        Assert.EndsWith("↔ Анна Ветрова", await school.School.ScalarAsync<string>("SELECT name FROM rooms WHERE id = $1", lesson.Room), StringComparison.Ordinal);
        await school.AgreesAsync();
    }

    /// <summary>Written by hand: a client of the framework's puts on one line what it was given on several.</summary>
    [Fact]
    public async Task Of_the_versions_that_If_Match_names_any_will_do_on_however_many_lines()
    {
        var path = $"users/{(await school.PersonAsync()).Id}";
        var (_, _, version) = await school.AskAsync(HttpMethod.Get, path);

        foreach (var outdated in new string[][] { ["\"a\"", "\"b\""], ["\"a\", \"b\""], [""], ["*", "\"a\""], [$"W/{version}"], [version!.Trim('"')] })
            Assert.Equal((string.Join('|', outdated), 412), (string.Join('|', outdated), await PatchAsync("Нет", outdated)));

        Assert.Equal(200, await PatchAsync("Один", "\"a\"", version));
        (_, _, version) = await school.AskAsync(HttpMethod.Get, path);
        Assert.Equal(200, await PatchAsync("Два", $"\"a\", {version}"));
        Assert.Equal(200, await PatchAsync("Три", "*"));
        Assert.Equal(200, await PatchAsync("Четыре"));

        async Task<int> PatchAsync(string name, params string[] ifMatch)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(school.Api.Api.Address.Host, school.Api.Api.Address.Port, Deadline.Token());
            await using var stream = client.GetStream();
            var body = $"{{\"first_name\":\"{name}\"}}";
            var lines = string.Concat(ifMatch.Select(line => $"If-Match: {line}\r\n"));
            var request = $"PATCH /api/v1/roster/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {school.Head.Token}\r\n{lines}"
                + $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), Deadline.Token());
            using var answer = new StreamReader(stream);
            return int.Parse((await answer.ReadLineAsync(Deadline.Token()))!.Split(' ')[1], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Who_is_no_administrator_any_more_does_not_go_on_looking()
    {
        var lesson = await school.LessonAsync();
        var deputy = await school.Api.PersonAsync(Role.Tutor, isAdministrator: true);
        await using var looking = await school.Api.SeedAsync(deputy, lesson.Room);

        var (status, user, _) = await school.AskAsync(HttpMethod.Patch, $"users/{deputy.Id}", new { is_administrator = false });
        var (own, problem, _) = await school.AskAsync(HttpMethod.Patch, $"users/{school.Head.Id}", new { is_administrator = false });

        Assert.Equal((HttpStatusCode.OK, false), (status, (bool)user!["is_administrator"]!));
        Assert.Equal(CloseCode.NotAuthenticated, await looking.CloseCodeAsync());
        Assert.Equal(HttpStatusCode.BadRequest, own);
        Assert.NotNull(problem!["errors"]!["is_administrator"]); // the last administrator cannot shut themselves out
    }

    [Fact]
    public async Task A_subject_with_a_key_of_the_schools_is_made_once_and_its_name_reaches_the_rooms()
    {
        var (made, subject, _) = await school.PostAsync("subjects", new { name = "Алгебра", external_id = "alg-7" });
        var (again, same, _) = await school.PostAsync("subjects", new { name = "Алгебра", external_id = "alg-7" });
        var (other, taken, _) = await school.PostAsync("subjects", new { name = "Геометрия", external_id = "alg-7" });
        var id = (long)subject!["id"]!;
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, id), (made, again, (long)same!["id"]!));
        Assert.Equal((HttpStatusCode.Conflict, ErrorCode.ExternalIdTaken), (other, (string)taken!["code"]!));

        var (student, teacher) = (await school.PersonAsync(), await school.PersonAsync(Role.Teacher));
        var (_, enrollment, _) = await school.PostAsync("enrollments", new { student_id = student.Id, subject_id = id, teacher_id = teacher.Id });
        var (_, _, version) = await school.AskAsync(HttpMethod.Get, $"subjects/{id}");
        var (first, renamed, _) = await school.AskAsync(HttpMethod.Patch, $"subjects/{id}", new { name = "Алгебра 7" }, version);
        var (second, problem, _) = await school.AskAsync(HttpMethod.Patch, $"subjects/{id}", new { name = "Алгебра и начала" }, version);

        Assert.Equal((HttpStatusCode.OK, "Алгебра 7"), (first, (string)renamed!["name"]!));
        Assert.Equal((HttpStatusCode.PreconditionFailed, ErrorCode.Outdated), (second, (string)problem!["code"]!));
        using var rest = school.Rest(student);
        var room = (await school.School.ScalarAsync<string>("SELECT name FROM rooms WHERE id = $1", (long)enrollment!["rooms"]![0]!["id"]!))!;
        Assert.StartsWith("Алгебра 7 - ", room, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_of_many_reaches_all_their_rooms_without_holding_them_together()
    {
        var subject = await school.School.SubjectAsync("Пение");
        var teacher = await school.School.PersonAsync(Role.Teacher);
        var rooms = new List<long>();
        for (var i = 0; i < 60; i++) rooms.Add((await school.School.EnrollAsync(await school.School.PersonAsync(Role.Student), subject, teacher)).Rooms[0].Id);

        var (status, _, _) = await school.AskAsync(HttpMethod.Patch, $"subjects/{subject}", new { name = "Хор" });
        Assert.Equal(HttpStatusCode.OK, status);
        await school.ProvisionedAsync();

        Assert.All(
            await school.School.QueryAsync("SELECT name FROM rooms WHERE id = ANY ($1)", row => row.GetString(0), rooms.ToArray()),
            name => Assert.StartsWith("Хор - ", name, StringComparison.Ordinal));
        // several transactions, not one that holds sixty rooms
        Assert.InRange(await school.School.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM rooms WHERE id = ANY ($1)", rooms.ToArray()), 3, 60);
    }

    [Fact]
    public async Task Another_teacher_sees_everything_and_the_former_one_is_out_at_once()
    {
        var lesson = await school.LessonAsync();
        var successor = await school.PersonAsync(Role.Teacher);
        await school.SayAsync(lesson.Student, lesson.Room, "до смены");
        await using var former = await school.Api.SeedAsync(lesson.Teacher, lesson.Room);
        var path = $"enrollments/{lesson.Enrollment}";
        var (_, _, version) = await school.AskAsync(HttpMethod.Get, path);

        var (first, changed, _) = await school.AskAsync(HttpMethod.Patch, path, new { teacher_id = successor.Id, custom_subject_name = "Физика 9Б" }, version);
        var (second, problem, _) = await school.AskAsync(HttpMethod.Patch, path, new { teacher_id = lesson.Teacher.Id }, version);

        Assert.Equal(HttpStatusCode.OK, first);
        Assert.Equal(CloseCode.NoAccess, await former.CloseCodeAsync());
        Assert.Null(await school.ReadAsync(lesson.Teacher, lesson.Room));
        Assert.Equal(["до смены"], await school.ReadAsync(successor, lesson.Room));
        Assert.Equal((successor.Id, lesson.Room), ((long)changed!["teacher_id"]!, (long)changed["rooms"]![0]!["id"]!));
        Assert.StartsWith("Физика 9Б - ", (string)changed["rooms"]![0]!["name"]!, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.PreconditionFailed, ErrorCode.Outdated), (second, (string)problem!["code"]!));
        await school.AgreesAsync();
    }

    [Fact]
    public async Task A_teacher_who_had_the_student_before_is_not_given_the_same_lessons_twice()
    {
        var lesson = await school.LessonAsync();
        var other = await school.PersonAsync(Role.Teacher);
        await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = false });
        var (_, later, _) = await school.PostAsync("enrollments", new { student_id = lesson.Student.Id, subject_id = lesson.Subject, teacher_id = other.Id });

        var (status, problem, _) = await school.AskAsync(HttpMethod.Patch, $"enrollments/{later!["id"]}", new { teacher_id = lesson.Teacher.Id });
        var (wrong, role, _) = await school.AskAsync(HttpMethod.Patch, $"enrollments/{later["id"]}", new { teacher_id = lesson.Parent.Id });
        var (taught, another, _) = await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = true });

        Assert.Equal((HttpStatusCode.Conflict, ErrorCode.EnrollmentExists), (status, (string)problem!["code"]!));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (wrong, (string)role!["code"]!));
        Assert.Equal((HttpStatusCode.Conflict, ErrorCode.AnotherTeacher), (taught, (string)another!["code"]!));
    }

    [Fact]
    public async Task Lessons_that_end_can_be_read_and_go_on_when_they_are_taken_up_again()
    {
        var lesson = await school.LessonAsync();
        var tutor = await school.PersonAsync(Role.Tutor);
        await school.School.TutorAsync(lesson.Student.Id, tutor.Id);
        var tutored = await school.School.ScalarAsync<long>("SELECT id FROM rooms WHERE enrollment_id = $1 AND kind = 'forum_tutor'", lesson.Enrollment);
        await school.SayAsync(lesson.Student, lesson.Room, "на уроке");
        var (ended, answer, _) = await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = false });
        var (again, _, _) = await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = false });

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, false), (ended, again, (bool)answer!["is_active"]!));
        foreach (var person in new[] { lesson.Student, lesson.Teacher, lesson.Parent })
        {
            Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.ReadOnly), await school.SayAsync(person, lesson.Room, "после"));
            Assert.Equal(["на уроке"], await school.ReadAsync(person, lesson.Room));
        }

        foreach (var person in new[] { lesson.Student, tutor, lesson.Parent })
            Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.ReadOnly), await school.SayAsync(person, tutored, "после"));

        await school.AskAsync(HttpMethod.Put, $"enrollments/{lesson.Enrollment}/active", new { active = true });
        Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(tutor, tutored, "снова"));
        Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(lesson.Parent, lesson.Room, "снова"));
        await school.AgreesAsync();
    }

    [Fact]
    public async Task Of_a_deleted_enrollment_nobody_sees_the_room_until_the_student_is_enrolled_again()
    {
        var lesson = await school.LessonAsync();
        var tutor = await school.PersonAsync(Role.Tutor);
        await school.School.TutorAsync(lesson.Student.Id, tutor.Id);
        await school.SayAsync(lesson.Teacher, lesson.Room, "по ошибке");
        await using var live = await school.Api.SeedAsync(lesson.Parent, lesson.Room);

        var (deleted, _, _) = await school.AskAsync(HttpMethod.Delete, $"enrollments/{lesson.Enrollment}");
        var (gone, _, _) = await school.AskAsync(HttpMethod.Get, $"enrollments/{lesson.Enrollment}");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted, gone));
        Assert.Equal(CloseCode.NoAccess, await live.CloseCodeAsync());
        foreach (var person in new[] { lesson.Student, lesson.Teacher, lesson.Parent, tutor }) Assert.Equal(["general"], await KindsAsync(person));
        using (var student = school.Rest(lesson.Student))
            Assert.DoesNotContain(lesson.Teacher.Id, JsonNode.Parse(await student.GetStringAsync("/api/v1/contacts?limit=200"))!.AsArray().Select(c => (long)c!["user"]!["id"]!));
        await school.AgreesAsync();

        await school.PostAsync("enrollments", new { student_id = lesson.Student.Id, subject_id = lesson.Subject, teacher_id = lesson.Teacher.Id });
        Assert.Equal(["по ошибке"], await school.ReadAsync(lesson.Parent, lesson.Room));
        Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(lesson.Parent, lesson.Room, "снова здесь"));
        await school.AgreesAsync();
    }

    [Fact]
    public async Task Only_administrators_change_the_roster()
    {
        var lesson = await school.LessonAsync();
        using var teacher = school.Rest(lesson.Teacher);
        using var nobody = school.Api.Api.Rest();
        foreach (var (rest, status) in new[] { (teacher, HttpStatusCode.Forbidden), (nobody, HttpStatusCode.Unauthorized) })
        {
            foreach (var (method, path) in new[]
            {
                ("POST", "users"), ("GET", $"users/{lesson.Student.Id}"), ("PATCH", $"users/{lesson.Student.Id}"), ("DELETE", $"users/{lesson.Student.Id}"),
                ("POST", "subjects"), ("PATCH", $"subjects/{lesson.Subject}"), ("POST", "enrollments"), ("DELETE", $"enrollments/{lesson.Enrollment}"),
                ("PUT", $"students/{lesson.Student.Id}/guardians/{lesson.Parent.Id}"), ("POST", "users/bulk"), ("POST", "enrollments/bulk"), ("GET", "provisioning"),
            })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/roster/{path}") { Content = new StringContent("[]", null, "application/json") };
                using var answer = await rest.SendAsync(request, Deadline.Token());
                Assert.Equal($"{method} {path} {status}", $"{method} {path} {answer.StatusCode}");
            }
        }
    }

    private async Task<IEnumerable<string>> KindsAsync(Person person)
    {
        using var rest = school.Rest(person);
        return JsonNode.Parse(await rest.GetStringAsync("/api/v1/rooms", Deadline.Token()))!.AsArray().Select(room => (string)room!["kind"]!);
    }
}
