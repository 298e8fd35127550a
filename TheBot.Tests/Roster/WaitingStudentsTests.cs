using Npgsql;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

/// <summary>Rooms that follow the roster in their own time: one that cannot follow holds up nobody else's.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class WaitingStudentsTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_student_whose_room_is_broken_is_set_aside_and_everybody_else_is_served()
    {
        await using var school = await School.OpenAsync(postgres);
        var (teacher, subject) = (await school.PersonAsync(Role.Teacher), await school.SubjectAsync());
        var broken = await school.PersonAsync(Role.Student);
        var room = (await school.EnrollAsync(broken, subject, teacher)).Rooms.Single().Id;
        long[] others = [.. await Task.WhenAll(Enumerable.Range(0, RoomProvisioner.StudentsAtOnce + 5).Select(_ => school.PersonAsync(Role.Student)))];
        await school.ExecuteAsync("UPDATE rooms SET head_seq = 0 WHERE id = $1", room); // at odds with the room's log: the next line's place is taken
        var guardian = await school.PersonAsync(Role.Parent);
        await school.ExecuteAsync("INSERT INTO guardianships (student_id, guardian_id) VALUES ($1, $2)", broken, guardian);
        await school.ExecuteAsync("INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) SELECT unnest($1), $2, $3, true", others, subject, teacher);
        await school.ExecuteAsync("INSERT INTO provisioning (student_id, since) VALUES ($1, now() - interval '1 hour')", broken);
        await school.ExecuteAsync("INSERT INTO provisioning (student_id) SELECT unnest($1)", others);
        var setAside = new List<(long Student, string Refused)>();

        await ConvergeAsync();

        Assert.Equal([(broken, PostgresErrorCodes.UniqueViolation)], setAside);
        Assert.Equal(new WaitingStudents(Total: 1, SetAside: 1), await school.Provisioner.CountWaitingAsync(Deadline.Token()));
        Assert.Equal(others.Order(), await school.QueryAsync(
            "SELECT e.student_id FROM rooms r JOIN enrollments e ON e.id = r.enrollment_id WHERE e.student_id = ANY ($1) ORDER BY 1", row => row.GetInt64(0), others));

        await ConvergeAsync();
        Assert.Single(setAside); // not at once again

        await MakeDueAsync();
        await ConvergeAsync();
        Assert.Equal(2, setAside.Count);
        Assert.InRange(await school.ScalarAsync<double>("SELECT extract(epoch FROM not_before - now())::float8 FROM provisioning"), 5, 10); // twice as long

        await school.ExecuteAsync("UPDATE provisioning SET attempts = 1000");
        await MakeDueAsync();
        await ConvergeAsync();
        Assert.InRange(await school.ScalarAsync<double>("SELECT extract(epoch FROM not_before - now())::float8 FROM provisioning"), 500, 600); // and so on, to ten minutes

        await school.ExecuteAsync("UPDATE rooms SET head_seq = (SELECT max(seq) FROM room_events WHERE room_id = $1) WHERE id = $1", room);
        await MakeDueAsync();
        await ConvergeAsync();
        Assert.Equal(3, setAside.Count);
        Assert.Equal(default, await school.Provisioner.CountWaitingAsync(Deadline.Token()));
        Assert.Contains(guardian, await school.ReadersAsync(room));
        Assert.True((await school.DriftAsync()).IsNothing);
        await school.LogsAgreeAsync();

        Task ConvergeAsync() => school.Provisioner.ConvergeWaitingAsync((student, refused) => setAside.Add((student, refused.SqlState)), Deadline.Token());
        Task MakeDueAsync() => school.ExecuteAsync("UPDATE provisioning SET not_before = now()");
    }

    [Fact]
    public async Task The_API_tells_of_who_is_set_aside_and_writes_it_to_the_log()
    {
        await using var api = await ApiSchool.OpenAsync(postgres);
        var head = await api.PersonAsync(Role.Teacher, isAdministrator: true);
        var (room, student, teacher) = await api.ClassAsync();
        await api.School.ExecuteAsync("UPDATE rooms SET head_seq = 0 WHERE id = $1", room);
        await api.School.ExecuteAsync("UPDATE users SET last_name = 'Другая' WHERE id = $1", student.Id);

        await api.School.ExecuteAsync("INSERT INTO provisioning (student_id) VALUES ($1)", student.Id);
        using var rest = api.Api.Rest(head.Token);
        await Deadline.UntilAsync(
            () => rest.GetStringAsync("/api/v1/roster/provisioning", Deadline.Token()), told => told == """{"students_waiting":1,"students_set_aside":1}""", "the student is set aside");

        await Deadline.UntilAsync(
            () => Task.FromResult(api.Api.Output), said => said.Contains($"The rooms of student {student.Id} cannot follow the roster", StringComparison.Ordinal), "the log tells of it");
        var (other, subject) = (await api.PersonAsync(), await api.School.SubjectAsync());
        await api.School.ExecuteAsync(
            "WITH lesson AS (INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) VALUES ($1, $2, $3, true)) INSERT INTO provisioning (student_id) VALUES ($1)",
            other.Id, subject, teacher.Id);
        await Deadline.UntilAsync(() => rest.GetStringAsync("/api/v1/roster/provisioning", Deadline.Token()), told => told.Contains("\"students_waiting\":1,", StringComparison.Ordinal), "the other is served");
    }
}
