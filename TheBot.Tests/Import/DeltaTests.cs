namespace TheBot.Tests.Import;

/// <summary>Until the switch the replaced system goes on living, and an import follows it; killed anywhere, it ends the same.</summary>
[Collection(ScratchPostgresTests.Name)]
public class DeltaTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Whatever_happens_there_between_two_runs_is_followed_and_other_rooms_are_left_alone()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var (legacy, ours) = (school.Legacy, school.Ours);
        var defects = await DefectiveSchool.WriteAsync(legacy);
        var rooms = (long)(await school.ImportAsync("--json")).Expect(0).Json["result"]!["report"]!["rooms_made"]!;
        var people = defects.People;
        var before = await ours.QueryAsync("SELECT id, xmin::text FROM rooms WHERE kind = 'direct'", row => (row.GetInt64(0), row.GetString(1)));

        await legacy.ExecuteAsync("UPDATE chat_message SET content = 'другое' WHERE id = $1", defects.Messages["pinned"]);
        await legacy.ExecuteAsync("UPDATE chat_message SET is_deleted = true, deleted_at = updated_at WHERE id = $1", defects.Messages["blank"]);
        await legacy.ExecuteAsync("DELETE FROM chat_message WHERE id = $1", defects.Messages["early"]);
        await legacy.SayAsync(defects.Places["class"], people["anna"], "после первого раза");

        // the room of an enrollment that had none appears there, and another enrollment goes and comes back under a new number
        var late = await legacy.EnrollmentAsync(people["ivan"], await legacy.SubjectAsync("Музыка"), people["teacher"]);
        await legacy.SayAsync(await legacy.RoomAsync("forum_subject", "Музыка", people["ivan"], late), people["ivan"], "новая комната");
        var chemistry = (await legacy.QueryAsync("SELECT id, subject_id FROM materials_subjectenrollment WHERE student_id = $1", row => (row.GetInt64(0), row.GetInt64(1)), people["long"]))[0];
        await legacy.ExecuteAsync("DELETE FROM materials_subjectenrollment WHERE id = $1", chemistry.Item1);
        await legacy.EnrollmentAsync(people["long"], chemistry.Item2, people["teacher"]);

        // a parent goes with everything that was theirs, as the replaced system deletes; two people change names; a login is another one
        await legacy.ExecuteAsync("DELETE FROM chat_message WHERE sender_id = $1", people["formerMother"]);
        await legacy.ExecuteAsync("DELETE FROM chat_chatroom_participants WHERE user_id = $1", people["formerMother"]);
        await legacy.ExecuteAsync("DELETE FROM accounts_user WHERE id = $1", people["formerMother"]);
        await legacy.ExecuteAsync("UPDATE accounts_user SET username = 'swap' WHERE id = $1", people["teacher"]);
        await legacy.ExecuteAsync("UPDATE accounts_user SET username = 'teacher1' WHERE id = $1", people["teacher2"]);
        await legacy.ExecuteAsync("UPDATE accounts_user SET username = 'teacher2' WHERE id = $1", people["teacher"]);
        await legacy.ExecuteAsync("UPDATE authtoken_token SET key = $2 WHERE user_id = $1", people["teacher"], new string('b', 40));
        await legacy.ExecuteAsync("UPDATE accounts_studentprofile SET parent_id = $2 WHERE user_id = $1", people["anna"], people["father"]);
        await legacy.ExecuteAsync("DELETE FROM chat_chatparticipant WHERE room_id = $1", defects.Places["group"]);

        // a room goes, and so does one of two general ones; marks, files and read positions change without a message that does
        foreach (var room in new[] { defects.Places["three"], defects.Places["general again"] })
        {
            foreach (var rows in new[] { "chat_message WHERE room_id", "chat_chatroom_participants WHERE chatroom_id", "chat_chatparticipant WHERE room_id", "chat_chatroom WHERE id" })
                await legacy.ExecuteAsync($"DELETE FROM {rows} = $1", room);
        }

        await legacy.ExecuteAsync("UPDATE chat_messagethread SET is_pinned = false WHERE room_id = $1", defects.Places["physics"]);
        await legacy.ExecuteAsync("UPDATE chat_chatparticipant SET last_read_at = NULL, is_muted = false WHERE user_id = $1", people["anna"]);
        await legacy.ExecuteAsync("UPDATE chat_chatroom SET is_active = false, name = 'Закрыта' WHERE id = $1", defects.Places["class"]);
        await legacy.ExecuteAsync("UPDATE chat_message SET file = 'chat/files/b.pdf' WHERE id = $1", defects.Messages["file"]);
        await legacy.ExecuteAsync("UPDATE accounts_user SET is_staff = false, is_superuser = false WHERE id = $1", people["admin"]);

        (await school.VerifyAsync()).Expect(3);
        var report = (await school.ImportAsync("--json")).Expect(0).Json["result"]!["report"]!;
        Assert.InRange((long)report["rooms_made"]!, 5, rooms - 1);
        Assert.Equal("nothing differs", (await school.VerifyAsync()).Expect(0).Said.Split('\n')[^2]);
        await ours.LogsAgreeAsync();
        Assert.True((await ours.DriftAsync()).IsNothing, (await ours.DriftAsync()).ToString());
        Assert.Equal(before, await ours.QueryAsync("SELECT id, xmin::text FROM rooms WHERE kind = 'direct'", row => (row.GetInt64(0), row.GetString(1))));
        Assert.Equal(
            [people["mother"], people["admin"]], await MissingAsync([people["mother"], people["anna"], people["father"], people["admin"]], defects.Places["physics"]));
        Assert.Equal(0L, await ours.ScalarAsync<long>("SELECT count(*) FROM rooms WHERE id = $1", defects.Places["three"]));
        Assert.Equal(["в первом"], await ours.QueryAsync("SELECT content FROM messages WHERE room_id = $1", row => row.GetString(0), defects.Places["general"]));
        Assert.Equal(0L, await ours.ScalarAsync<long>("SELECT count(*) FROM pins WHERE room_id = $1", defects.Places["physics"]));
        Assert.Equal(
            (0L, true),
            (await ours.QueryAsync(
                "SELECT read_seq, muted_until IS NULL FROM room_members WHERE room_id = $1 AND user_id = $2",
                row => (row.GetInt64(0), row.GetBoolean(1)),
                defects.Places["physics"],
                people["anna"]))[0]);
        Assert.Equal(
            ("Закрыта", true), (await ours.QueryAsync("SELECT name, locked FROM rooms WHERE id = $1", row => (row.GetString(0), row.GetBoolean(1)), defects.Places["class"]))[0]);
        Assert.Equal("chat/files/b.pdf", await ours.ScalarAsync<string>("SELECT file FROM attachments WHERE message_id = $1", defects.Messages["file"]));

        // a guardian whom the school added here would be taken away again
        await ours.GuardianAsync(people["anna"], people["mother"]);
        Assert.Contains("the roster was changed", (await school.ImportAsync()).Expect(1).Errors, StringComparison.Ordinal);

        async Task<List<long>> MissingAsync(long[] asked, long room)
        {
            var readers = await ours.ReadersAsync(room);
            return [.. asked.Where(person => !readers.Contains(person))];
        }
    }

    [Fact]
    public async Task One_change_of_any_kind_in_a_room_is_enough_for_the_room_to_follow()
    {
        // each changes one room and nothing else there: $1 the room, $2 its first message, $3 its second one, $4 who is in it
        string[] changes =
        [
            "UPDATE chat_message SET content = 'исправлено' WHERE room_id = $1 AND id = $2 AND id < $3 AND sender_id = $4",
            "UPDATE chat_message SET content = 'исправлено' WHERE room_id = $1 AND id = $3 AND id > $2 AND sender_id = $4",
            "UPDATE chat_message SET id = id + 1000 WHERE room_id = $1 AND id = $2 AND id < $3 AND sender_id = $4",
            "UPDATE chat_message SET is_deleted = true, deleted_at = updated_at WHERE room_id = $1 AND id = $2 AND id < $3 AND sender_id = $4",
            "DELETE FROM chat_message WHERE room_id = $1 AND id = $3 AND id > $2 AND sender_id = $4",
            "UPDATE chat_chatroom SET name = 'переименована' WHERE id = $1 AND $2 < $3 AND created_by_id = $4",
            "UPDATE chat_messagethread SET is_pinned = false WHERE room_id = $1 AND $2 < $3 AND created_by_id = $4",
            "UPDATE chat_chatparticipant SET last_read_at = NULL WHERE room_id = $1 AND $2 < $3 AND user_id = $4",
            "INSERT INTO chat_messageread (read_at, message_id, user_id) SELECT now(), $3, $4 WHERE $1 > 0 AND $2 > 0",
        ];
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var legacy = school.Legacy;
        var person = await legacy.PersonAsync("teacher", "Пётр", "Кузнецов");
        var rooms = new List<(long Id, long First, long Second)>();
        for (var n = 0; n <= changes.Length; n++)
        {
            var room = await legacy.RoomAsync("group", $"Комната {n}", person);
            await legacy.TakePartAsync(room, person, lastReadAt: n == changes.Length - 1 ? null : LegacySchool.Start.AddHours(1));
            var thread = await legacy.ThreadAsync(room, person, "Важное", pinned: true);
            rooms.Add((room, await legacy.SayAsync(room, person, "первое", thread: thread), await legacy.SayAsync(room, person, "второе")));
        }

        (await school.ImportAsync()).Expect(0);
        for (var n = 0; n < changes.Length; n++) await legacy.ExecuteAsync(changes[n], rooms[n].Id, rooms[n].First, rooms[n].Second, person);
        Assert.Equal(changes.Length, (int)(await school.ImportAsync("--json")).Expect(0).Json["result"]!["report"]!["rooms_made"]!);

        // as one that was made of it at once, but for what each remembers of its runs
        await using var straight = await school.AnotherAsync(postgres);
        Assert.Equal(Without(await ImportedSchool.StateAsync(straight)), Without(await ImportedSchool.StateAsync(school.Ours)));
        (await school.VerifyAsync()).Expect(0);

        static string Without(string state) => string.Join('\n', state.Split('\n').Where(table => !table.StartsWith("legacy.owned ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Killed_at_any_point_and_started_again_it_ends_the_same()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await LegacyScale.WriteAsync(school.Legacy, 3_000);
        await using var straight = await school.AnotherAsync(postgres);

        await KillEverywhereAsync(school, new Random(1));
        (await school.ImportAsync()).Expect(0);
        Assert.Equal(await ImportedSchool.StateAsync(straight), await ImportedSchool.StateAsync(school.Ours));

        // the same on the way from one state there to the next
        await school.Legacy.ExecuteAsync(
            """
            UPDATE chat_message SET content = content || '!' WHERE id % 3 = 0;
            DELETE FROM chat_messageread;
            DELETE FROM chat_message WHERE id = (SELECT max(id) FROM chat_message)
            """);
        (await MigratorProcess.RunAsync(straight.Database.ConnectionString, "import", "--from", school.Legacy.ConnectionString)).Expect(0);
        await KillEverywhereAsync(school, new Random(2));
        (await school.ImportAsync()).Expect(0);
        Assert.Equal(await ImportedSchool.StateAsync(straight), await ImportedSchool.StateAsync(school.Ours));
        (await school.VerifyAsync()).Expect(0);
    }

    /// <summary>Kills one import after the other, each when it is about to write another table, in an order that nobody chose.</summary>
    private static async Task KillEverywhereAsync(ImportedSchool school, Random random)
    {
        string[] tables = ["users", "enrollments", "tutorships", "tokens", "room_members", "messages", "room_events", "pins"];
        random.Shuffle(tables);
        foreach (var table in tables)
        {
            await using var held = await school.HoldAsync(table);
            await using var migrator = MigratorProcess.Start(school.Ours.Database.ConnectionString, "import", "--from", school.Legacy.ConnectionString);
            await school.ImportWaitsForAsync(table);
            await migrator.KillAsync();
        }
    }
}
