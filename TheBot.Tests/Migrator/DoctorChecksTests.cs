using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

/// <summary>The checks that <see cref="BrokenSchool"/> leaves out: doubles of rooms that no enrollment makes, orphans of every table, and what nobody but a person can repair.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class DoctorChecksTests(ScratchPostgres postgres)
{
    /// <summary>A room that the roster does not make: $1 kind, $2 key of a direct one, $3 name, $4 who is in it.</summary>
    public const string Room =
        """
        WITH room AS (
            INSERT INTO rooms (kind, direct_key, name, head_seq, locked, slow_mode_seconds) VALUES ($1, nullif($2, ''), $3, cardinality($4::bigint[]), false, 0) RETURNING id
        ),
        member AS (INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) SELECT id, unnest($4), '{imported}', 0, 0 FROM room),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, subject_id, data, created_at)
            SELECT id, n, 10, person, '{}', clock_timestamp() FROM room, unnest($4) WITH ORDINALITY AS p (person, n)
        )
        SELECT id FROM room
        """;

    private const string Places = "SELECT string_agg(concat_ws(' ', id, room_id, seq, client_id, reply_to), E'\\n' ORDER BY id) FROM messages";

    [Fact]
    public async Task Every_kind_of_double_and_orphan_is_found_and_what_only_a_person_can_repair_is_told_and_left()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, tutor) = (await school.PersonAsync(Role.Student), await school.PersonAsync(Role.Teacher), await school.PersonAsync(Role.Tutor));
        var enrollment = await school.EnrollAsync(student, await school.SubjectAsync(), teacher);
        await school.TutorAsync(student, tutor);
        var forum = enrollment.Rooms.Single().Id;
        var tutors = await school.ScalarAsync<long>("SELECT id FROM rooms WHERE kind = 'forum_tutor'");
        var general = await school.ScalarAsync<long>("SELECT id FROM rooms WHERE kind = 'general'");
        await school.ExecuteAsync("DROP INDEX ix_rooms_one_general");

        // the tutors' room by its name, the teacher's by who is in it, two general rooms, the same two people twice
        var tutorsAgain = await school.ScalarAsync<long>(BrokenSchool.Double, tutors, false);
        var forumAgain = await school.ScalarAsync<long>(BrokenSchool.Double, forum, false);
        await school.ExecuteAsync("UPDATE rooms SET name = 'Учитель и ученик' WHERE id = $1", forumAgain);
        var generalAgain = await school.ScalarAsync<long>(Room, "general", "", "Общий", Array.Empty<long>());
        var direct = await school.ScalarAsync<long>(Room, "direct", $"{student}:{teacher}", "", new[] { student, teacher });
        var directAgain = await school.ScalarAsync<long>(Room, "direct", "", "", new[] { student, teacher });
        var nobodys = await school.ScalarAsync<long>(Room, "forum_subject", "", "Ничья", new[] { tutor });
        foreach (var room in new[] { general, generalAgain, direct, directAgain, tutorsAgain, forumAgain })
            await school.ScalarAsync<long>(BrokenSchool.Say, room, teacher, "t", $"в {room}");

        // a pin in a room where its message is not; what belongs to no message, to no room, to nobody
        var message = await school.ScalarAsync<long>(BrokenSchool.Say, forum, teacher, "t", "в своей");
        await school.ExecuteAsync("INSERT INTO pins VALUES ($1, $2, $3, now())", message, general, teacher);
        await school.ExecuteAsync("INSERT INTO pins VALUES (900001, $1, $2, now())", forum, teacher);
        await school.ExecuteAsync("INSERT INTO message_edits VALUES (900002, 1, 'было', now())");
        await school.ExecuteAsync("INSERT INTO reactions VALUES (900003, $1, '👍', now())", teacher);
        await school.ExecuteAsync("INSERT INTO attachments (message_id, file) VALUES (900004, 'chat/files/a.pdf')");
        var senderless = await school.ScalarAsync<long>(BrokenSchool.Say, forum, 900005L, "t", "кто это?");
        var roomless = await school.ScalarAsync<long>(BrokenSchool.Say, nobodys, teacher, "t", "где это?");
        await school.ExecuteAsync("UPDATE messages SET room_id = 900006 WHERE id = $1", roomless);
        await school.ExecuteAsync("UPDATE room_events SET room_id = 900006, seq = 1 WHERE message_id = $1", roomless);
        await school.ExecuteAsync("UPDATE rooms SET head_seq = head_seq - 1 WHERE id = $1", nobodys);
        await school.ExecuteAsync("UPDATE room_members SET visible_from_seq = 77 WHERE room_id = $1 AND user_id = $2", direct, student);
        var places = await school.ScalarAsync<string>(Places);

        string[] onlyForPeople =
        [
            $"orphans_without_room {forum} message {senderless} of person 900005, who is not there",
            "orphans_without_room 900006 a log of a room that is not there",
            "orphans_without_room 900006 messages of a room that is not there",
            $"rooms_without_enrollment {nobodys} forum_subject of no enrollment: Ничья",
        ];
        Assert.Equal(
            new[]
            {
                $"duplicate_rooms {tutorsAgain} forum_tutor of enrollment {enrollment.Id} is also room {tutors}",
                $"duplicate_rooms {forumAgain} forum_subject of enrollment {enrollment.Id} is also room {forum}",
                $"duplicate_rooms {generalAgain} the general room is also room {general}",
                $"duplicate_rooms {directAgain} direct room {student}:{teacher} is also room {direct}",
                "missing_guards  unique index ix_rooms_one_general",
                "orphans  attachments of message 900004, which is not there",
                "orphans  message_edits of message 900002, which is not there",
                "orphans  pins of message 900001, which is not there",
                "orphans  reactions of message 900003, which is not there",
                $"orphans {general} pin of message {message}, which is in room {forum}",
                $"positions_beyond_log {direct} person {student} has read up to 0 and sees from 77, the log ends at 3",
                "roster_drift  cannot be told while guards are missing or heads are wrong",
            }.Concat(onlyForPeople).Order(StringComparer.Ordinal),
            await FindAsync(school));

        var run = (long)(await MigratorProcess.RunAsync(school.Database.ConnectionString, "doctor", "--fix", "--json")).Expect(3).Json["result"]!["run"]!;
        Assert.Equal(onlyForPeople, await FindAsync(school));
        foreach (var (room, again) in new[] { (general, generalAgain), (direct, directAgain), (tutors, tutorsAgain), (forum, forumAgain) })
            Assert.Equal(room, await school.ScalarAsync<long>("SELECT room_id FROM messages WHERE content = $1", $"в {again}"));
        Assert.Equal([(message, forum)], await school.QueryAsync("SELECT message_id, room_id FROM pins", row => (row.GetInt64(0), row.GetInt64(1))));
        Assert.True(await school.ScalarAsync<bool>(
            "SELECT visible_from_seq = head_seq FROM room_members JOIN rooms ON id = room_id WHERE room_id = $1 AND user_id = $2", direct, student));

        (await MigratorProcess.RunAsync(school.Database.ConnectionString, "doctor", "--undo", $"{run}")).Expect(0);
        Assert.Equal(places, await school.ScalarAsync<string>(Places));
        Assert.Equal(5L, await school.ScalarAsync<long>("SELECT (SELECT count(*) FROM pins) + (SELECT count(*) FROM message_edits) + (SELECT count(*) FROM reactions) + (SELECT count(*) FROM attachments)"));
        Assert.Equal(general, await school.ScalarAsync<long>("SELECT room_id FROM pins WHERE message_id = $1", message));
        Assert.Equal([student, teacher], await school.ReadersAsync(directAgain));
    }

    /// <summary>All that doctor finds, a line each.</summary>
    private static async Task<IEnumerable<string>> FindAsync(School school)
    {
        var checks = (await MigratorProcess.RunAsync(school.Database.ConnectionString, "doctor", "--json")).Expect(3).Json["result"]!["checks"]!.AsArray();
        return checks
            .SelectMany(check => check!["examples"]!.AsArray().Select(found => $"{check["name"]} {found!["room_id"]} {found["detail"]}"))
            .Order(StringComparer.Ordinal);
    }
}
