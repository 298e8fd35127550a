using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Roster;

/// <summary>Many rows in one call: all or nothing, every bad one named, and nobody's conversation waits for it.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LoadTests(RosterSchool school, ITestOutputHelper output) : IClassFixture<RosterSchool>
{
    [Fact]
    public async Task A_school_that_is_loaded_has_all_its_rooms_and_a_second_load_changes_nothing()
    {
        var students = await IdsAsync("users", Enumerable.Range(0, 120).Select(i => User($"pupil{i}", "student", $"Ученик {i}")));
        var teachers = await IdsAsync("users", Enumerable.Range(0, 5).Select(i => User($"master{i}", "teacher", $"Учитель {i}")));
        var tutors = await IdsAsync("users", [User("mentor", "tutor", "Тьютор")]);
        var parents = await IdsAsync("users", Enumerable.Range(0, 240).Select(i => User($"elder{i}", "parent", $"Родитель {i}")));
        var subjects = await IdsAsync("subjects", Enumerable.Range(0, 5).Select(i => new { name = $"Предмет {i}", external_id = $"load-{i}" }));
        object[] enrollments = [.. students.SelectMany(student => subjects.Take(2).Select((subject, i) => new { student_id = student, subject_id = subject, teacher_id = teachers[i] }))];
        object[] guardianships = [.. parents.Select((parent, i) => new { student_id = students[i / 2], guardian_id = parent })];
        object[] tutorships = [.. students.Take(50).Select(student => new { student_id = student, tutor_id = tutors[0] })];
        foreach (var (what, rows) in new[] { ("guardianships", guardianships), ("enrollments", enrollments), ("tutorships", tutorships) })
        {
            var (status, answer, _) = await school.PostAsync($"{what}/bulk", rows);
            Assert.Equal((HttpStatusCode.OK, rows.Length, 0), (status, (int)answer!["changed"]!, (int)answer["unchanged"]!));
        }

        await school.ProvisionedAsync();

        Assert.Equal(
            [("forum_subject", 240L, 4L, 4L), ("forum_tutor", 100L, 4L, 4L)], // student, teacher or tutor, two guardians
            await school.School.QueryAsync(
                """
                SELECT kind, count(*), min(people), max(people) FROM (
                    SELECT r.kind, count(m.user_id) AS people FROM rooms r JOIN enrollments e ON e.id = r.enrollment_id AND e.student_id = ANY ($1)
                    JOIN room_members m ON m.room_id = r.id AND cardinality(m.reasons) > 0 GROUP BY r.id) AS room
                GROUP BY kind ORDER BY kind
                """,
                row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), students));
        await school.AgreesAsync();

        foreach (var (what, rows) in new[] { ("guardianships", guardianships), ("enrollments", enrollments), ("tutorships", tutorships) })
        {
            var (_, answer, _) = await school.PostAsync($"{what}/bulk", rows);
            Assert.Equal((0, rows.Length, 0), ((int)answer!["changed"]!, (int)answer["unchanged"]!, (int)answer["students_waiting"]!));
        }

        Assert.Equal(students, await IdsAsync("users", Enumerable.Range(0, 120).Select(i => User($"pupil{i}", "student", $"Ученик {i}"))));
        Assert.Equal(subjects, await IdsAsync("subjects", Enumerable.Range(0, 5).Select(i => new { name = $"Предмет {i}", external_id = $"load-{i}" })));
    }

    [Fact]
    public async Task Every_bad_row_is_named_in_one_answer_and_nothing_is_written()
    {
        var lesson = await school.LessonAsync();
        var (student, other) = (await school.School.PersonAsync(Role.Student), await school.School.PersonAsync(Role.Teacher));
        object[] rows =
        [
            new { student_id = student, subject_id = lesson.Subject, teacher_id = lesson.Teacher.Id },          // 1: good
            new { student_id = lesson.Student.Id, subject_id = lesson.Subject, teacher_id = other },             // 2: taught by another
            new { student_id = lesson.Parent.Id, subject_id = 9_000_000_000, teacher_id = 9_000_000_001 },       // 3: three faults
            new { subject_id = lesson.Subject, custom_subject_name = new string('я', 201) },                     // 4: three faults of form
            "строка",                                                                                            // 5: no object
            new { student_id = "первый", subject_id = lesson.Subject, teacher_id = other },                      // 6: a wrong type
            new { student_id = student, subject_id = lesson.Subject, teacher_id = other },                       // 7: as row 1
        ];

        var (status, problem, _) = await school.PostAsync("enrollments/bulk", rows);

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (status, (string)problem!["code"]!));
        Assert.Equal(
            [
                "2 subject_id another_teacher", "3 student_id validation_error", "3 teacher_id not_found", "3 subject_id not_found",
                "4 student_id validation_error", "4 teacher_id validation_error", "4 custom_subject_name validation_error",
                "5  validation_error", "6 student_id validation_error", "7 subject_id validation_error",
            ],
            problem["rows"]!.AsArray().Select(row => $"{row!["row"]} {row["field"]} {row["code"]}"));
        Assert.All(problem["rows"]!.AsArray(), row => Assert.NotEmpty((string)row!["rule"]!));
        Assert.Equal(0L, await school.School.ScalarAsync<long>("SELECT count(*) FROM enrollments WHERE student_id = $1", student));
    }

    [Fact]
    public async Task Bad_rows_of_every_kind_are_named()
    {
        var lesson = await school.LessonAsync();
        await school.PostAsync("subjects", new { name = "Черчение", external_id = "draw" });
        var (before, subjects) = (await CountAsync("users"), await CountAsync("subjects"));
        foreach (var (what, rows, expected) in new (string, object[], string[])[]
        {
            ("users",
                [User("fresh", "student", "Новый"), User(lesson.Student.Username, "student", "Не тот"), User("x", "директор", "Имя"), User("fresh", "student", "Новый"), new { username = "y", role = "parent", password_hash = "md5$x" }, new { username = "z", role = "parent", password_hash = $"pbkdf2_sha256$1$\0${Convert.ToBase64String(new byte[32])}" }],
                ["2 username username_taken", "3 role validation_error", "4 username validation_error", "5 password_hash validation_error", "6 password_hash validation_error"]),
            ("subjects",
                [new { name = "Новый", external_id = "fresh" }, new { name = "Другое", external_id = "draw" }, new { name = "Без ключа" }, new { external_id = "\0", name = "Нечто" }],
                ["2 external_id external_id_taken", "3 external_id validation_error", "4 external_id validation_error"]),
            ("tutorships", [new { student_id = lesson.Student.Id, tutor_id = lesson.Teacher.Id }, new { student_id = lesson.Student.Id }], ["1 tutor_id validation_error", "2 tutor_id validation_error"]),
            ("guardianships",
                [new { student_id = lesson.Student.Id, guardian_id = lesson.Parent.Id }, new { student_id = lesson.Student.Id, guardian_id = lesson.Parent.Id }, new { student_id = 0, guardian_id = lesson.Parent.Id }],
                ["2 guardian_id validation_error", "3 student_id not_found"]),
        })
        {
            var (status, problem, _) = await school.PostAsync($"{what}/bulk", rows);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Equal(expected, problem!["rows"]!.AsArray().Select(row => $"{row!["row"]} {row["field"]} {row["code"]}"));
        }

        Assert.Equal((before, subjects), (await CountAsync("users"), await CountAsync("subjects")));
        foreach (var body in new object[] { new { }, "x", 5 })
        {
            var (status, problem, _) = await school.PostAsync("users/bulk", body);
            Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (status, (string)problem!["code"]!));
        }
    }

    [Fact]
    public async Task Ten_thousand_rows_are_taken_and_one_more_is_refused()
    {
        var rows = Enumerable.Range(0, ChatLimits.RosterRowsMax + 1).Select(i => User($"many{i}", "student", $"{i}")).ToArray();
        var (tooMany, problem, _) = await school.PostAsync("users/bulk", rows);
        Assert.Equal(HttpStatusCode.BadRequest, tooMany);
        Assert.NotNull(problem!["errors"]!["rows"]);

        var (status, answer, _) = await school.PostAsync("users/bulk", rows[..^1]);
        Assert.Equal((HttpStatusCode.OK, ChatLimits.RosterRowsMax), (status, (int)answer!["changed"]!));
        Assert.Equal(ChatLimits.RosterRowsMax, answer["ids"]!.AsArray().Distinct().Count());
    }

    [Fact]
    public async Task Conversations_go_on_while_a_load_is_being_written_and_while_the_rooms_follow()
    {
        var lesson = await school.LessonAsync();
        var others = await school.LessonAsync();
        var students = await IdsAsync("users", Enumerable.Range(0, 300).Select(i => User($"slow{i}", "student", $"{i}")));
        var last = students.Max();
        object[] rows =
        [
            .. students.Select(student => new { student_id = student, subject_id = others.Subject, teacher_id = others.Teacher.Id }),
            new { student_id = lesson.Student.Id, subject_id = others.Subject, teacher_id = others.Teacher.Id },
        ];
        await using var listener = await school.Api.SeedAsync(lesson.Parent, lesson.Room);

        // somebody holds the last student: the load has everything else by then and cannot end
        await using var connection = await school.School.Database.OpenConnectionAsync(Deadline.Token());
        var held = await connection.BeginTransactionAsync(Deadline.Token());
        await ExecuteAsync(connection, "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE", last);
        var load = school.PostAsync("enrollments/bulk", rows);
        await Deadline.UntilAsync(
            () => school.School.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"), waiting => waiting > 0, "the load waits");
        await TalkAsync("пока пишут", () => Assert.False(load.IsCompleted));

        await held.RollbackAsync(Deadline.Token());
        Assert.Equal(HttpStatusCode.OK, (await load).Status);

        // and the rooms' turn comes: somebody holds a room of a student whom it concerns, so that it cannot end either
        held = await connection.BeginTransactionAsync(Deadline.Token());
        await ExecuteAsync(connection, "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE", last);
        await school.PostAsync("tutorships/bulk", (object[])[new { student_id = students[0], tutor_id = await school.School.PersonAsync(Role.Tutor) }]);
        await TalkAsync("пока комнаты догоняют", () => { });
        Assert.True((int)(await school.AskAsync(HttpMethod.Get, "provisioning")).Body!["students_waiting"]! > 0);

        await held.RollbackAsync(Deadline.Token());
        await school.ProvisionedAsync();
        await school.AgreesAsync();

        async Task TalkAsync(string text, Action meanwhile)
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(lesson.Student, lesson.Room, $"{text} {i}"));
                await listener.NextAsync("chat_message", frame => (string)frame["message"]!["content"]! == $"{text} {i}");
            }

            meanwhile();
        }
    }

    /// <summary>As many enrollments as <c>THEBOT_ROSTER_ROWS</c> says (10,000 for the figures of docs/protocol.md), in a school where people talk.</summary>
    [Fact]
    public async Task A_whole_school_is_enrolled_while_people_talk()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("THEBOT_ROSTER_ROWS") ?? "250", CultureInfo.InvariantCulture);
        var lesson = await school.LessonAsync();
        var teachers = await IdsAsync("users", Enumerable.Range(0, 100).Select(i => User($"lecturer{i}", "teacher", $"{i}")));
        var students = await IdsAsync("users", Enumerable.Range(0, count).Select(i => User($"freshman{i}", "student", $"{i}")));
        var parents = await IdsAsync("users", Enumerable.Range(0, count).Select(i => User($"family{i}", "parent", $"{i}")));
        await using var listener = await school.Api.SeedAsync(lesson.Parent, lesson.Room);

        var loading = Stopwatch.StartNew();
        var load = Task.Run(async () =>
        {
            await school.PostAsync("guardianships/bulk", students.Zip(parents, (student, parent) => new { student_id = student, guardian_id = parent }).ToArray());
            var (status, answer, _) = await school.PostAsync(
                "enrollments/bulk", students.Select((student, i) => new { student_id = student, subject_id = lesson.Subject, teacher_id = teachers[i % 100] }).ToArray());
            Assert.Equal((HttpStatusCode.OK, count), (status, (int)answer!["changed"]!));
            output.WriteLine($"{count} enrollments and guardianships written after {loading.Elapsed}");
            await school.ProvisionedAsync(TimeSpan.FromMinutes(10));
            output.WriteLine($"rooms right after {loading.Elapsed}");
        });
        var took = new List<TimeSpan>();
        while (!load.IsCompleted || took.Count == 0)
        {
            var said = Stopwatch.StartNew();
            Assert.Equal((HttpStatusCode.Created, null), await school.SayAsync(lesson.Student, lesson.Room, $"сообщение {took.Count}"));
            await listener.NextAsync("chat_message", frame => (string)frame["message"]!["content"]! == $"сообщение {took.Count}");
            took.Add(said.Elapsed);
        }

        await load;
        took.Sort();
        output.WriteLine($"meanwhile {took.Count} messages, from send to another's socket: median {took[took.Count / 2]}, 99 % {took[took.Count * 99 / 100]}, longest {took[^1]}");
        Assert.Equal(count, await school.School.ScalarAsync<long>(
            "SELECT count(*) FROM rooms r JOIN enrollments e ON e.id = r.enrollment_id WHERE e.student_id = ANY ($1) AND r.kind = 'forum_subject'", students));
        await school.AgreesAsync();
    }

    [Fact]
    public async Task A_replica_that_dies_leaves_the_rooms_to_the_others()
    {
        var lesson = await school.LessonAsync();
        // what a replica leaves that wrote a load and died before any room followed
        var student = await school.School.PersonAsync(Role.Student);
        await school.School.ExecuteAsync(
            "WITH lesson AS (INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) VALUES ($1, $2, $3, true)) INSERT INTO provisioning (student_id) VALUES ($1)",
            student, lesson.Subject, lesson.Teacher.Id);

        await school.ProvisionedAsync();

        var room = await school.School.ScalarAsync<long>("SELECT r.id FROM rooms r JOIN enrollments e ON e.id = r.enrollment_id WHERE e.student_id = $1", student);
        Assert.Equal(new[] { student, lesson.Teacher.Id, school.Head.Id }.Order(), await school.School.ReadersAsync(room));
    }

    private async Task<long[]> IdsAsync(string what, IEnumerable<object> rows)
    {
        var (status, answer, _) = await school.PostAsync($"{what}/bulk", rows.ToArray());
        Assert.True(status == HttpStatusCode.OK, answer?.ToJsonString());
        return [.. answer!["ids"]!.AsArray().Select(id => (long)id!)];
    }

    private Task<long> CountAsync(string table) => school.School.ScalarAsync<long>($"SELECT count(*) FROM {table}");

    private static object User(string username, string role, string name) => new { username, role, first_name = name };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, long id)
    {
#pragma warning disable CA2100 // constants of the tests
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.AddWithValue(id);
        await command.ExecuteNonQueryAsync(Deadline.Token());
    }
}
