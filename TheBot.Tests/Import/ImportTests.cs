using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Xunit.Abstractions;

namespace TheBot.Tests.Import;

/// <summary>A database with everything that went wrong in the replaced system becomes ours: nothing is lost, nobody sees more than they may.</summary>
[Collection(ScratchPostgresTests.Name)]
public class ImportTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task Every_message_of_a_defective_database_is_in_one_room_in_order_and_read_by_exactly_the_right_people()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var (legacy, ours) = (school.Legacy, school.Ours);
        var defects = await DefectiveSchool.WriteAsync(legacy);

        // a role that may read and nothing else is enough
        await legacy.ExecuteAsync(
            """
            DO $$ BEGIN CREATE ROLE legacy_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO legacy_reader
            """);
        var reader = new NpgsqlConnectionStringBuilder(legacy.ConnectionString) { Username = "legacy_reader" };
        var answer = (await MigratorProcess.RunAsync(ours.Database.ConnectionString, "import", "--from", reader.ConnectionString, "--json")).Expect(0);
        var verified = (await MigratorProcess.RunAsync(ours.Database.ConnectionString, "verify", "--from", reader.ConnectionString)).Expect(0).Said;
        var examined = (await MigratorProcess.RunAsync(ours.Database.ConnectionString, "doctor")).Expect(0).Said;
        output.WriteLine($"verify:\n{verified}\ndoctor:\n{examined}");
        Assert.All(examined.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^ok    [a-z_]+ +0$", line));

        foreach (var expected in defects.Rooms) await ExpectAsync(school, expected);
        Assert.Equal(defects.Rooms.Count, await ours.ScalarAsync<long>("SELECT count(*) FROM rooms"));
        Assert.Equal((await legacy.QueryAsync("SELECT count(*) FROM chat_message", row => row.GetInt64(0)))[0], await ours.ScalarAsync<long>("SELECT count(*) FROM messages"));
        await ours.LogsAgreeAsync();
        Assert.True((await ours.DriftAsync()).IsNothing, (await ours.DriftAsync()).ToString());
        Assert.Equal(0L, await ours.ScalarAsync<long>("SELECT count(*) FROM messages WHERE client_id NOT LIKE '~%'"));

        var report = answer.Json["result"]!["report"]!;
        Assert.Equal(
            """
            enrollment_broken 1, enrollment_found 4, enrollment_unknown 2, former_member 2, guardian_broken 1, order_by_time 3, password_unknown 1, pin_empty 1, reply_dropped 2,
            role_unknown 1, room_admin 3, room_kind 3, room_lost 1, room_nameless 1, rooms_merged 5, seat_broken 1, sender_unknown 1, token_broken 1, tutor_broken 1,
            type_unknown 1
            """.ReplaceLineEndings(" "),
            string.Join(", ", report["findings"]!.AsArray().Select(f => $"{f!["kind"]} {f["count"]}")));

        // a second run finds nothing that differs, and ids of ours begin above all of theirs
        var state = await ImportedSchool.StateAsync(ours);
        Assert.Equal(0, (long)(await school.ImportAsync("--json")).Expect(0).Json["result"]!["report"]!["rooms_made"]!);
        Assert.Equal(state, await ImportedSchool.StateAsync(ours));
        foreach (var table in new[] { "users", "subjects", "enrollments", "rooms", "messages", "threads" })
            Assert.True(await ours.ScalarAsync<bool>($"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) > coalesce((SELECT max(id) FROM {table}), 0) + 900000"), table);
    }

    [Fact]
    public async Task What_was_read_edited_deleted_pinned_muted_and_answered_is_so_afterwards()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var (legacy, ours) = (school.Legacy, school.Ours);
        var defects = await DefectiveSchool.WriteAsync(legacy);
        (await school.ImportAsync()).Expect(0);
        var (people, messages, places) = (defects.People, defects.Messages, defects.Places);
        var physics = places["physics"];

        Assert.Equal(messages["first"], await ours.ScalarAsync<long>("SELECT reply_to FROM messages WHERE id = $1", messages["reply across merged"]));
        Assert.True(await ours.ScalarAsync<bool>("SELECT reply_to IS NULL FROM messages WHERE id = $1", messages["reply to other room"]));
        Assert.Equal(
            [(messages["pinned"], physics), (messages["rest of thread"], places["group"])],
            await ours.QueryAsync("SELECT message_id, room_id FROM pins ORDER BY message_id", row => (row.GetInt64(0), row.GetInt64(1))));
        Assert.Equal("Важное", await ours.ScalarAsync<string>("SELECT t.title FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.id = $1", messages["pinned"]));
        Assert.True(await ours.ScalarAsync<bool>("SELECT edited_at = created_at + interval '1 minute' FROM messages WHERE id = $1", messages["edited"]));
        Assert.Equal(
            [("{\"deleted_by_role\": \"moderator\"}", people["teacher"]), ("{\"deleted_by_role\": \"author\"}", people["anna"])],
            await ours.QueryAsync(
                "SELECT data::text, actor_id FROM room_events WHERE kind = 3 AND message_id IN ($1, $2) ORDER BY message_id",
                row => (row.GetString(0), row.GetInt64(1)),
                messages["deleted"],
                messages["deleted badly"]));

        // read up to where they had looked or marked; a mute holds for who can be muted, and outlives nothing else
        Assert.Equal(
            (true, true, false),
            (await ours.QueryAsync(
                """
                SELECT (SELECT read_seq = head_seq FROM room_members JOIN rooms ON id = room_id WHERE room_id = $1 AND user_id = $2),
                    (SELECT muted_until > now() FROM room_members WHERE room_id = $1 AND user_id = $2),
                    (SELECT muted_until IS NOT NULL FROM room_members WHERE room_id = $1 AND user_id = $3)
                """,
                row => (row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2)),
                physics,
                people["anna"],
                people["teacher"]))[0]);
        Assert.Equal(
            await ours.ScalarAsync<long>("SELECT seq FROM messages WHERE id = $1", messages["edited"]),
            await ours.ScalarAsync<long>("SELECT read_seq FROM room_members WHERE room_id = $1 AND user_id = $2", places["group"], people["mother"]));
        Assert.Equal(
            (true, true),
            (await ours.QueryAsync(
                "SELECT read_seq = head_seq, muted_until > now() FROM room_members JOIN rooms ON id = room_id WHERE room_id = $1 AND user_id = $2",
                row => (row.GetBoolean(0), row.GetBoolean(1)),
                places["general"],
                people["anna"]))[0]);
        Assert.True(await ours.ScalarAsync<bool>("SELECT locked FROM rooms WHERE id = $1", places["support"]));
        Assert.Equal(
            ("chat/files/a b.pdf", "chat/images/x.png", "file"),
            (await ours.QueryAsync(
                "SELECT a.file, a.image, m.type FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.id = $1",
                row => (row.GetString(0), row.GetString(1), row.GetString(2)),
                messages["file"]))[0]);
        Assert.Equal(
            (true, true, (string?)null),
            (await ours.QueryAsync(
                "SELECT is_administrator, is_active, (SELECT email FROM users WHERE id = $2) FROM users WHERE id = $1",
                row => (row.GetBoolean(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetString(2)),
                people["admin"],
                people["father"]))[0]);
    }

    [Fact]
    public async Task Old_tokens_and_passwords_open_the_doors_and_an_old_client_sees_the_history_and_the_files()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var defects = await DefectiveSchool.WriteAsync(school.Legacy);
        var media = Directory.CreateTempSubdirectory("thebot-media-");
        try
        {
            WriteMedia(media);
            var report = (await school.ImportAsync("--media", Path.Combine(media.FullName, "media"), "--json")).Expect(0).Json["result"]!["report"]!;
            Assert.Equal((2, 1, 1), ((int)report["media"]!["stored"]!, (int)report["media"]!["refused"]!, (int)report["media"]!["missing"]!));
            report = (await school.ImportAsync("--media", Path.Combine(media.FullName, "media"), "--json")).Expect(0).Json["result"]!["report"]!;
            Assert.Equal((0, 2), ((int)report["media"]!["stored"]!, (int)report["media"]!["unchanged"]!));
        }
        finally
        {
            media.Delete(recursive: true);
        }

        await using var redis = await ScratchRedis.StartAsync();
        await using var api = await ApiProcess.StartAsync(school.Ours.Database.ConnectionString, redis);
        var physics = defects.Places["physics"];
        await using (var socket = await SeedSocket.ConnectAsync(api.Address, $"/ws/chat/{physics}/?token={DefectiveSchool.AnnasToken}"))
        {
            var history = (await socket.NextAsync("room_history"))["messages"]!.AsArray();
            var said = await school.Legacy.QueryAsync(
                "SELECT content FROM chat_message WHERE room_id = ANY ($1) AND NOT is_deleted ORDER BY created_at, id",
                row => row.GetString(0),
                defects.Rooms[0].Legacy);
            Assert.Equal(said, history.Select(m => (string)m!["content"]!));
            Assert.Equal("/media/chat/files/a%20b.pdf", (string)history.Single(m => (long)m!["id"]! == defects.Messages["file"])!["file"]!);
        }

        using var nobody = api.Rest();
        using var login = await nobody.PostAsJsonAsync("/api/auth/login/", new { email = "family@school.example", password = ApiSchool.Password });
        var token = (string)(await login.Content.ReadFromJsonAsync<JsonObject>())!["data"]!["token"]!;
        using var anna = api.Rest(token);
        using var ivan = api.Rest(DefectiveSchool.IvansToken);
        var list = (await anna.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!["results"]!.AsArray();
        Assert.Contains(list, room => (long)room!["id"]! == physics);
        const string Homework = "/media/chat/files/a%20b.pdf";
        Assert.Equal("%PDF-1.4 домашнее задание", await anna.GetStringAsync(Homework));
        using var stranger = await ivan.GetAsync(Homework);
        using var anybody = await nobody.GetAsync(Homework);
        Assert.Equal((System.Net.HttpStatusCode.NotFound, System.Net.HttpStatusCode.Unauthorized), (stranger.StatusCode, anybody.StatusCode));
        using var secret = await anna.GetAsync("/media/../secret.txt");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, secret.StatusCode);

        // the first message of ours ends it: another import would take it away
        using var teacher = api.Rest(new string('a', 40));
        using var sent = await teacher.PostAsJsonAsync($"/api/v1/rooms/{physics}/messages", new { content = "первое здесь" });
        Assert.Equal(System.Net.HttpStatusCode.Created, sent.StatusCode);
        Assert.Contains("people use this system already (message ", (await school.ImportAsync()).Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("is only here", (await school.VerifyAsync()).Expect(3).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_cannot_be_stored_leave_the_database_imported_with_its_report()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await DefectiveSchool.WriteAsync(school.Legacy);
        var media = Directory.CreateTempSubdirectory("thebot-media-");
        try
        {
            WriteMedia(media);
            string[] import = ["--media", Path.Combine(media.FullName, "media"), "--lock-timeout", "1", "--json"];
            await using (await school.HoldAsync("media"))
            {
                var answer = (await school.ImportAsync(import)).Expect(1);
                Assert.Equal(await school.Ours.ScalarAsync<long>("SELECT count(*) FROM rooms"), (long)answer.Json["result"]!["report"]!["rooms_made"]!);
                Assert.Contains("run the import again with --media", (string)answer.Json["result"]!["error"]!, StringComparison.Ordinal);
                Assert.Contains("run the import again with --media", answer.Errors, StringComparison.Ordinal);
            }

            Assert.Equal(2, (int)(await school.ImportAsync(import)).Expect(0).Json["result"]!["report"]!["media"]!["stored"]!);
        }
        finally
        {
            media.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_import_begins_in_an_empty_database_and_from_the_right_one()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await DefectiveSchool.WriteAsync(school.Legacy);
        var empty = await ImportedSchool.StateAsync(school.Ours);
        var dry = (await school.ImportAsync("--dry-run")).Expect(0).Said;
        Assert.Contains("dry run", dry, StringComparison.Ordinal);
        Assert.Contains("former_member: 2", dry, StringComparison.Ordinal);
        Assert.Equal(empty, string.Join('\n', (await ImportedSchool.StateAsync(school.Ours)).Split('\n').Where(line => !line.StartsWith("legacy.", StringComparison.Ordinal))));

        await school.Ours.PersonAsync(Data.Schema.Role.Student);
        Assert.Contains("there are people (Student1, ...) in the database already", (await school.ImportAsync()).Expect(1).Errors, StringComparison.Ordinal);
        var ours = school.Ours.Database.ConnectionString;
        Assert.Contains("there is no table accounts_studentprofile", (await MigratorProcess.RunAsync(ours, "import", "--from", ours)).Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("--from", (await MigratorProcess.RunAsync(ours, "verify", "--from", "Host=127.0.0.1;Frobnicate=1")).Expect(2).Errors, StringComparison.Ordinal);
        Assert.Contains("there is no folder", (await school.ImportAsync("--media", "/nowhere/at/all")).Expect(2).Errors, StringComparison.Ordinal);
    }

    private static async Task ExpectAsync(ImportedSchool school, ExpectedRoom expected)
    {
        var what = $"{expected.Kind} of {expected.Enrollment ?? expected.Id} from {string.Join(',', expected.Legacy)}";
        var found = await school.Ours.QueryAsync(
            "SELECT id FROM rooms WHERE kind = $1 AND (id = $2 OR enrollment_id = $3)", row => row.GetInt64(0), expected.Kind, expected.Id ?? 0, expected.Enrollment ?? 0);
        Assert.True(found.Count == 1, $"{what}: {found.Count} rooms");
        Assert.Equal(
            await school.Legacy.QueryAsync("SELECT id, content FROM chat_message WHERE room_id = ANY ($1) ORDER BY created_at, id", ReadMessage, expected.Legacy),
            await school.Ours.QueryAsync("SELECT id, content FROM messages WHERE room_id = $1 ORDER BY seq", ReadMessage, found[0]));
        Assert.True(expected.Readers.SetEquals(await school.Ours.ReadersAsync(found[0])), $"{what}: read by {string.Join(',', await school.Ours.ReadersAsync(found[0]))}");
    }

    private static (long, string) ReadMessage(NpgsqlDataReader row) => (row.GetInt64(0), row.GetString(1));

    /// <summary>What the messages name: a file, a picture that is none, an avatar that is missing, and one that leads outside.</summary>
    private static void WriteMedia(DirectoryInfo folder)
    {
        File.WriteAllText(Path.Combine(folder.FullName, "secret.txt"), "secret");
        foreach (var sub in new[] { "media/chat/files", "media/chat/images", "media/avatars" }) folder.CreateSubdirectory(sub);
        File.WriteAllText(Path.Combine(folder.FullName, "media/chat/files/a b.pdf"), "%PDF-1.4 домашнее задание");
        File.WriteAllText(Path.Combine(folder.FullName, "media/chat/images/x.png"), "<svg/>");
    }
}
