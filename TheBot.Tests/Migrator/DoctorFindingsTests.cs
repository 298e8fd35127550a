using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Data.Schema;
using TheBot.Migrator.Commands.Doctor;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

/// <summary>Each check alone: what is broken in one way is found for that and nothing else, and what only looks broken is left alone.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class DoctorFindingsTests(ScratchPostgres postgres) : IDisposable
{
    /// <summary>One more line of a room's log: $1 room, $2 kind, $3 whom it is about.</summary>
    private const string Line =
        """
        WITH room AS (UPDATE rooms SET head_seq = head_seq + 1 WHERE id = $1 RETURNING id, head_seq)
        INSERT INTO room_events (room_id, seq, kind, subject_id, data, created_at) SELECT id, head_seq, $2, nullif($3, 0), '{}', clock_timestamp() FROM room
        """;

    private const string Replica = "00000000-0000-0000-0000-000000000001";

    private readonly List<string> _expected = [];
    private School _school = null!;
    private ServiceProvider? _services;
    private long _anna;
    private long _teacher;

    public void Dispose() => _services?.Dispose();

    [Fact]
    public async Task What_is_broken_in_one_way_is_found_for_that_and_what_only_looks_so_is_not()
    {
        await using var school = await OpenAsync();
        await BreakLogsAsync();
        await BreakLogsOfPeopleAsync();
        await BreakMessagesAsync();
        await BreakMembersAsync();
        await DoubleAsync();
        await school.ExecuteAsync(
            $"INSERT INTO replicas VALUES ('{Replica}', now() - interval '1 hour'), (gen_random_uuid(), now() - interval '30 seconds'), (gen_random_uuid(), now() + interval '1 hour')");
        _expected.Add($"stale_leases  replica {Replica}");

        var checks = await LookAsync();
        Assert.All(checks, check => Assert.Equal(check.Count, check.Examples.Count));
        Assert.Equal(_expected.Order(StringComparer.Ordinal), checks
            .SelectMany(check => check.Examples.Select(found => $"{check.Name} {found.RoomId} {found.Detail.Split(" ended at")[0]}"))
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_index_that_keeps_nothing_out_is_no_guard()
    {
        await using var school = await OpenAsync();
        await school.ExecuteAsync("DROP INDEX ix_rooms_one_general; CREATE INDEX ix_rooms_one_general ON rooms (kind)");
        await school.ExecuteAsync("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_rooms_kind_enrollment_id'::regclass");
        Assert.Equal(
            ["unique index ix_rooms_kind_enrollment_id", "unique index ix_rooms_one_general"],
            (await LookAsync()).Single(check => check.Name == "missing_guards").Examples.Select(found => found.Detail));
    }

    [Fact]
    public async Task Every_step_that_rooms_have_fallen_behind_the_roster_counts()
    {
        await using var school = await OpenAsync();
        var room = (await school.EnrollAsync(_anna, await school.SubjectAsync(), _teacher)).Rooms.Single().Id;
        Assert.Equal(0, await DriftAsync());
        foreach (var (change, count) in new[]
        {
            ($"UPDATE rooms SET name = 'другая' WHERE id = {room}", 1L),
            ($"UPDATE room_members SET reasons = '{{}}' WHERE room_id = {room} AND user_id = {_anna}", 1),
            ($"UPDATE room_members SET reasons = '{{student,teacher}}' WHERE room_id = {room} AND user_id = {_anna}", 1),
            ($"INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) VALUES ({room}, {await school.PersonAsync(Role.Tutor)}, '{{tutor}}', 0, 0)", 1),

            // a room with two members
            ($"INSERT INTO subjects (id, name) VALUES (900, 'Химия'); INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) VALUES ({_anna}, 900, {_teacher}, true)", 3),
        })
        {
            await school.ExecuteAsync(change);
            Assert.True(count == await DriftAsync(), change);
            await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token());
            Assert.Equal(0, await DriftAsync());
        }

        async Task<long> DriftAsync() => (await LookAsync()).Single(check => check.Name == "roster_drift").Count;
    }

    private async Task<School> OpenAsync()
    {
        _school = await School.OpenAsync(postgres);
        _services = new ServiceCollection()
            .AddDbContext<ChatDbContext>(options => options.UseNpgsql(_school.Database.ConnectionString).UseChatModel())
            .BuildServiceProvider();
        (_anna, _teacher) = (await _school.PersonAsync(Role.Student, "Анна"), await _school.PersonAsync(Role.Teacher, "Пётр"));
        return _school;
    }

    private Task<List<CheckResult>> LookAsync() => DoctorChecks.RunAsync(_school.Database, _services!, Deadline.Token());

    /// <summary>A group of the student and the teacher, with so many lines behind those two.</summary>
    private async Task<long> RoomAsync(int lines = 0)
    {
        var room = await _school.ScalarAsync<long>(DoctorChecksTests.Room, "group", "", "Группа", new[] { _anna, _teacher });
        for (var n = 0; n < lines; n++) await _school.ExecuteAsync(Line, room, (short)20, 0L);
        return room;
    }

    private async Task BreakLogsAsync()
    {
        foreach (var (lost, head, says) in new (int Lost, int Head, string[] Says)[]
        {
            (4, 5, ["seq_gaps {0} 1 lines of the log are missing"]),
            (4, 4, ["seq_gaps {0} 1 lines of the log are missing", "head_mismatch {0} head is 4, the newest line is 5"]),
            (4, 3, ["seq_gaps {0} 1 lines of the log are missing", "head_mismatch {0} head is 3, the newest line is 5"]),
            (0, 3, ["head_mismatch {0} head is 3, the newest line is 5"]),
        })
        {
            var room = await RoomAsync(lines: 3);
            await _school.ExecuteAsync("DELETE FROM room_events WHERE room_id = $1 AND seq = $2", room, (long)lost);
            await _school.ExecuteAsync("UPDATE rooms SET head_seq = $2 WHERE id = $1", room, (long)head);
            _expected.AddRange(says.Select(say => say.Replace("{0}", $"{room}", StringComparison.Ordinal)));
        }

        var bare = await _school.ScalarAsync<long>(DoctorChecksTests.Room, "group", "", "Без журнала", Array.Empty<long>());
        await _school.ExecuteAsync("UPDATE rooms SET head_seq = 2 WHERE id = $1", bare);
        _expected.AddRange([$"seq_gaps {bare} 2 lines of the log are missing", $"head_mismatch {bare} head is 2, the newest line is 0"]);
    }

    private async Task BreakLogsOfPeopleAsync()
    {
        foreach (var (lines, head, says) in new (long[] Lines, long? Head, string Says)[]
        {
            ([1, 2], 2, ""),
            ([1, 3], 3, "head 3, newest line 3, lines 2"),
            ([1, 2, 4], 3, "head 3, newest line 4, lines 3"),
            ([1], null, "head 0, newest line 1, lines 1"),
            ([], 2, "head 2, newest line 0, lines 0"),
        })
        {
            var person = await _school.PersonAsync(Role.Parent);
            await _school.ExecuteAsync("DELETE FROM user_events WHERE user_id = $1", person);
            await _school.ExecuteAsync("DELETE FROM user_heads WHERE user_id = $1", person);
            await _school.ExecuteAsync("INSERT INTO user_events (user_id, seq, kind, room_id, created_at) SELECT $1, unnest($2), 1, 1, now()", person, lines);
            if (head is { } told) await _school.ExecuteAsync("INSERT INTO user_heads (user_id, head_seq) VALUES ($1, $2)", person, told);
            if (says.Length > 0) _expected.Add($"user_logs  log of person {person}: {says}");
        }
    }

    private async Task BreakMessagesAsync()
    {
        var (other, another, swapped) = (await RoomAsync(), await RoomAsync(), await RoomAsync());
        var nobodys = await SayAsync(other);
        await _school.ExecuteAsync("UPDATE room_events SET message_id = message_id + 1000 WHERE message_id = $1", nobodys);
        var edited = await SayAsync(another);
        await _school.ExecuteAsync("UPDATE room_events SET kind = 2 WHERE message_id = $1", edited);
        var (first, second) = (await SayAsync(swapped), await SayAsync(swapped));
        await _school.ExecuteAsync("UPDATE messages SET seq = -seq WHERE room_id = $1", swapped);
        await _school.ExecuteAsync("UPDATE messages SET seq = 7 + seq WHERE room_id = $1", swapped);
        foreach (var (room, message) in new[] { (other, nobodys), (another, edited), (swapped, first), (swapped, second) })
            _expected.Add($"messages_not_in_log {room} message {message} has no line");

        var answers = await RoomAsync();
        var answer = await SayAsync(answers);
        await _school.ExecuteAsync("UPDATE messages SET reply_to = 987654 WHERE id = $1", answer);
        _expected.Add($"replies_across_rooms {answers} message {answer} answers 987654, which is not in this room");
    }

    private Task<long> SayAsync(long room) => _school.ScalarAsync<long>(BrokenSchool.Say, room, _teacher, $"{Guid.NewGuid()}", "слова");

    private async Task BreakMembersAsync()
    {
        // who left as the log says, and who only has a read position in the general room
        var left = await RoomAsync();
        await _school.ExecuteAsync(Line, left, (short)11, _anna);
        await _school.ExecuteAsync("UPDATE room_members SET reasons = '{}' WHERE room_id = $1 AND user_id = $2", left, _anna);
        await _school.ExecuteAsync(
            "INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) SELECT id, $1, '{}', 0, 0 FROM rooms WHERE kind = 'general'", _anna);

        var stayed = await RoomAsync();
        await _school.ExecuteAsync(Line, stayed, (short)11, _anna);
        _expected.Add($"members_not_as_logged {stayed} person {_anna} is in, the log says otherwise");
    }

    private async Task DoubleAsync()
    {
        // two direct rooms in which one is left alone are not the same room
        for (var n = 0; n < 2; n++) await _school.ScalarAsync<long>(DoctorChecksTests.Room, "direct", "", "", new[] { _anna });

        // a name alone tells nothing: its student must be in it, too
        var (ivan, pyotr) = (await _school.PersonAsync(Role.Student, "Иван"), await _school.PersonAsync(Role.Student, "Павел"));
        var namesake = (await _school.EnrollAsync(_anna, await _school.SubjectAsync(), _teacher)).Rooms.Single();
        await LostAsync(namesake.Id, [_teacher]);

        // student and teacher have two lessons: without a name nobody can tell which, with one it is told
        await _school.EnrollAsync(ivan, await _school.SubjectAsync("Химия"), _teacher);
        var physics = await _school.EnrollAsync(ivan, await _school.SubjectAsync("История"), _teacher);
        await LostAsync(null, [ivan, _teacher]);
        var told = await LostAsync(physics.Rooms.Single().Id, [ivan, _teacher], isTold: true);
        _expected.Add($"duplicate_rooms {told} forum_subject of enrollment {physics.Id} is also room {physics.Rooms.Single().Id}");

        // the one with the link stays, also where it is the younger
        var late = await _school.EnrollAsync(pyotr, await _school.SubjectAsync("Музыка"), _teacher);
        var old = late.Rooms.Single().Id;
        var young = await _school.ScalarAsync<long>(BrokenSchool.Double, old, false);
        await _school.ExecuteAsync("UPDATE rooms SET enrollment_id = NULL WHERE id = $1", old);
        await _school.ExecuteAsync("UPDATE rooms SET enrollment_id = $2 WHERE id = $1", young, late.Id);
        _expected.Add($"duplicate_rooms {old} forum_subject of enrollment {late.Id} is also room {young}");
    }

    /// <summary>A forum room without its link, with the name of another or one that nobody has.</summary>
    private async Task<long> LostAsync(long? like, long[] members, bool isTold = false)
    {
        var name = like is { } room ? await _school.ScalarAsync<string>("SELECT name FROM rooms WHERE id = $1", room) : "Без имени";
        var lost = await _school.ScalarAsync<long>(DoctorChecksTests.Room, "forum_subject", "", name, members);
        if (!isTold) _expected.Add($"rooms_without_enrollment {lost} forum_subject of no enrollment: {name}");
        return lost;
    }
}
