using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class DoctorTests(ScratchPostgres postgres)
{
    /// <summary>What a school is, but for times and for who was told in which run.</summary>
    internal const string State =
        """
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
            SELECT concat_ws(' ', 'room', id, kind, enrollment_id, writable, locked, head_seq) AS line FROM rooms
            UNION ALL
            SELECT concat_ws(' ', 'message', id, room_id, seq, client_id, reply_to, content) FROM messages
            UNION ALL
            SELECT concat_ws(' ', 'member', room_id, user_id, array_to_string(reasons, ','), read_seq) FROM room_members
            UNION ALL
            SELECT concat_ws(' ', 'event', room_id, seq, kind, message_id, subject_id) FROM room_events
        ) AS lines
        """;

    [Fact]
    public async Task It_finds_everything_that_is_broken_and_repairs_it_without_losing_a_message()
    {
        await using var broken = await BrokenSchool.OpenAsync(postgres);
        var before = await broken.School.ScalarAsync<string>(State);
        var found = Counts((await RunAsync(broken, 3))["checks"]!);
        Assert.Equal(
            ["duplicate_rooms", "head_mismatch", "members_not_as_logged", "messages_not_in_log", "missing_guards", "orphans", "positions_beyond_log", "replies_across_rooms", "roster_drift", "seq_gaps", "stale_leases", "user_logs"],
            found.Where(check => check.Value > 0).Select(check => check.Key).Order(StringComparer.Ordinal));
        await RunAsync(broken, 3, "--fix", "--dry-run");
        Assert.Equal(before, await broken.School.ScalarAsync<string>(State));

        var fixedNow = await RunAsync(broken, 0, "--fix");
        Assert.Equal(fixedNow["before"]!["proof"]!.ToJsonString(), fixedNow["after"]!["proof"]!.ToJsonString());
        Assert.All(Counts((await RunAsync(broken, 0))["checks"]!), check => Assert.Equal(0, check.Value));
        await broken.School.LogsAgreeAsync();

        // each message once, one room's after the other's; nothing that belonged to them is lost
        Assert.Equal(["один", "два", "три", "четыре", "пять"], await broken.School.QueryAsync("SELECT content FROM messages WHERE room_id = $1 ORDER BY seq", r => r.GetString(0), broken.Kept));
        Assert.Equal("один", await broken.School.ScalarAsync<string>("SELECT a.content FROM messages m JOIN messages a ON a.id = m.reply_to WHERE m.content = 'три'"));
        Assert.Equal(broken.Kept, await broken.School.ScalarAsync<long>("SELECT p.room_id FROM pins p JOIN messages m ON m.id = p.message_id WHERE m.content = 'два'"));
        Assert.Equal([1L, 1L, 1L], await broken.School.QueryAsync("SELECT count(*) FROM messages WHERE sender_id = $1 AND room_id = $2 GROUP BY client_id", r => r.GetInt64(0), broken.Student, broken.Kept));

        // what the student had read in both rooms stays read, the rest does not
        Assert.Equal(
            ["четыре", "пять"],
            await broken.School.QueryAsync(
                "SELECT m.content FROM messages m JOIN room_members r ON r.room_id = m.room_id AND r.user_id = $1 WHERE m.room_id = $2 AND m.seq > r.read_seq ORDER BY m.seq",
                r => r.GetString(0),
                broken.Student,
                broken.Kept));
        Assert.Empty(await broken.School.ReadersAsync(broken.Linked));
    }

    [Fact]
    public async Task A_run_can_be_taken_back()
    {
        const string Places = "SELECT string_agg(concat_ws(' ', id, room_id, seq, client_id, reply_to), E'\\n' ORDER BY id) FROM messages";
        await using var broken = await BrokenSchool.OpenAsync(postgres);
        var (places, readers) = (await broken.School.ScalarAsync<string>(Places), await broken.School.ReadersAsync(broken.Linked));
        var found = Counts((await RunAsync(broken, 3))["checks"]!);
        var run = (long)(await RunAsync(broken, 0, "--fix"))["run"]!;
        Assert.NotEqual(places, await broken.School.ScalarAsync<string>(Places));

        await RunAsync(broken, 0, "--undo", $"{run}");
        Assert.Equal(places, await broken.School.ScalarAsync<string>(Places));
        Assert.Equal(readers, await broken.School.ReadersAsync(broken.Linked));
        Assert.Equal(3L, await broken.School.ScalarAsync<long>("SELECT seq FROM message_edits"));

        // all is as broken as it was, but for what follows from the roster, what made a log true, and leases of replicas that are gone
        string[] kept = ["roster_drift", "members_not_as_logged", "stale_leases"];
        Assert.Equal(
            found.Where(check => !kept.Contains(check.Key)), Counts((await RunAsync(broken, 3))["checks"]!).Where(check => !kept.Contains(check.Key)));
        Assert.Contains("taken back already", (await MigratorProcess.RunAsync(broken.ConnectionString, "doctor", "--undo", $"{run}")).Expect(2).Errors, StringComparison.Ordinal);
        await RunAsync(broken, 0, "--fix");
        await broken.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task Killed_at_any_point_and_started_again_it_ends_the_same()
    {
        await using var undisturbed = await BrokenSchool.OpenAsync(postgres, more: 20);
        await using var disturbed = await BrokenSchool.OpenAsync(postgres, more: 20);
        await RunAsync(undisturbed, 0, "--fix");
        foreach (var repairs in new[] { 1, 3, 7, 12, 20 })
        {
            await using var doctor = MigratorProcess.Start(disturbed.ConnectionString, "doctor", "--fix");
            await Deadline.UntilAsync(() => disturbed.School.ScalarAsync<long>("SELECT count(*) FROM doctor_repairs"), count => count >= repairs, "repairs");
            await doctor.KillAsync();
        }

        await RunAsync(disturbed, 0, "--fix");
        Assert.Equal(await undisturbed.School.ScalarAsync<string>(State), await disturbed.School.ScalarAsync<string>(State));
        Assert.Equal(1L, await disturbed.School.ScalarAsync<long>("SELECT count(*) FROM doctor_runs"));
        await disturbed.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_run_that_was_killed_after_its_last_repair_is_finished_by_the_next_and_an_old_one_is_not_gone_on_with()
    {
        await using var school = await School.OpenAsync(postgres);
        await school.ExecuteAsync("UPDATE rooms SET head_seq = head_seq + 1");
        Assert.Equal(1L, (long)(await FixAsync())["run"]!);
        await school.ExecuteAsync("UPDATE doctor_runs SET finished_at = NULL");
        var finished = await FixAsync();
        Assert.Equal((1L, 1), ((long)finished["run"]!, (int)finished["repairs"]!));
        Assert.Equal(1L, await school.ScalarAsync<long>("SELECT count(*) FROM doctor_runs WHERE finished_at IS NOT NULL"));

        await school.ExecuteAsync("UPDATE doctor_runs SET finished_at = NULL, started_at = started_at - interval '25 hours'; UPDATE rooms SET head_seq = head_seq + 1");
        var next = await FixAsync();
        Assert.Equal((2L, 1), ((long)next["run"]!, (int)next["repairs"]!));
        Assert.Equal(2L, await school.ScalarAsync<long>("SELECT count(*) FROM doctor_runs WHERE finished_at IS NOT NULL"));
        Assert.Null((await FixAsync())["run"]);

        async Task<JsonNode> FixAsync() => (await MigratorProcess.RunAsync(school.Database.ConnectionString, "doctor", "--fix", "--json")).Expect(0).Json["result"]!;
    }

    [Fact]
    public async Task Whoever_is_connected_learns_of_a_merge_by_ordinary_events()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, student, teacher) = await school.ClassAsync();
        await school.School.ExecuteAsync("DROP INDEX ix_rooms_kind_enrollment_id");
        var doubled = await school.School.ScalarAsync<long>(
            "INSERT INTO rooms (kind, enrollment_id, name, head_seq, locked, slow_mode_seconds) SELECT kind, enrollment_id, name, 0, false, 0 FROM rooms WHERE id = $1 RETURNING id", room);
        await school.School.ExecuteAsync(
            "INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) SELECT $2, user_id, reasons, 0, 0 FROM room_members WHERE room_id = $1", room, doubled);
        await using var inDouble = await school.SeedAsync(teacher, doubled);
        await inDouble.SendAsync(new { type = "chat_message", content = "в двойнике" });
        await inDouble.NextAsync("message_sent");
        await using var inRoom = await school.SeedAsync(student, room);

        (await MigratorProcess.RunAsync(school.ConnectionString, "doctor", "--fix")).Expect(0);
        var heard = await inRoom.NextAsync("chat_message");
        Assert.Equal(("в двойнике", room, teacher.Id), ((string)heard["message"]!["content"]!, (long)heard["message"]!["room"]!, (long)heard["message"]!["sender"]!["id"]!));
        Assert.Equal(4002, await inDouble.CloseCodeAsync());

        // and the room goes on
        await inRoom.SendAsync(new { type = "chat_message", content = "дальше" });
        await inRoom.NextAsync("chat_message", frame => (string)frame["message"]!["content"]! == "дальше");
    }

    /// <summary>A message that a script wrote around the log: at the place of another line, and beyond the end.</summary>
    [Fact]
    public async Task A_message_without_a_line_gets_one_at_the_end_where_everybody_hears_it_and_loses_it_again()
    {
        const string Lost =
            "INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at) VALUES ($1, $2, $3, $4, 0, $4, 'text', now(), now())";
        const string Places = "SELECT string_agg(concat_ws(' ', content, seq), ', ' ORDER BY id) FROM messages";
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, student, teacher) = await school.ClassAsync();
        await school.School.ScalarAsync<long>(BrokenSchool.Say, room, teacher.Id, "t1", "в журнале");
        await school.School.ExecuteAsync(Lost, room, 1L, teacher.Id, "потеряно 1");
        await school.School.ExecuteAsync(Lost, room, 500L, student.Id, "потеряно 2");
        var places = await school.School.ScalarAsync<string>(Places);
        var found = await CheckAsync(3);
        Assert.Equal([("messages_not_in_log", 2)], found);
        await using var listener = await school.SeedAsync(student, room);

        var done = (await RunAsync(0, "--fix", "--json")).Json["result"]!;
        Assert.Equal(1, (int)done["repairs"]!);
        Assert.Equal(done["before"]!["proof"]!.ToJsonString(), done["after"]!["proof"]!.ToJsonString());
        foreach (var words in new[] { "потеряно 1", "потеряно 2" })
            Assert.Equal(words, (string)(await listener.NextAsync("chat_message"))["message"]!["content"]!);
        await school.School.LogsAgreeAsync();
        using (var client = school.Api.Rest(student.Token))
        {
            var history = await client.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}/messages", Deadline.Token());
            Assert.Equal(["в журнале", "потеряно 1", "потеряно 2"], history!["results"]!.AsArray().Select(message => (string)message!["content"]!));
        }

        var repaired = await school.School.ScalarAsync<string>(State);
        Assert.Contains("would take back 1: relogged", (await RunAsync(0, "--undo", $"{done["run"]}", "--dry-run")).Said, StringComparison.Ordinal);
        Assert.Equal(repaired, await school.School.ScalarAsync<string>(State));
        Assert.Contains("took back 1: relogged", (await RunAsync(0, "--undo", $"{done["run"]}")).Said, StringComparison.Ordinal);
        Assert.Equal(places, await school.School.ScalarAsync<string>(Places));
        Assert.Equal(found, await CheckAsync(3));
        Assert.Contains($"gave messages of room {room} their lines", (await RunAsync(0, "--fix")).Said, StringComparison.Ordinal);
        await school.School.LogsAgreeAsync();

        async Task<MigratorAnswer> RunAsync(int exitCode, params string[] options) => (await MigratorProcess.RunAsync(school.ConnectionString, ["doctor", .. options])).Expect(exitCode);

        async Task<IEnumerable<(string, int)>> CheckAsync(int exitCode) =>
            Counts((await RunAsync(exitCode, "--json")).Json["result"]!["checks"]!).Where(check => check.Value > 0).Select(check => (check.Key, check.Value));
    }

    private static Dictionary<string, int> Counts(JsonNode checks) => checks.AsArray().ToDictionary(check => (string)check!["name"]!, check => (int)check!["count"]!);

    private static async Task<JsonNode> RunAsync(BrokenSchool school, int exitCode, params string[] options) =>
        (await MigratorProcess.RunAsync(school.ConnectionString, ["doctor", "--json", .. options])).Expect(exitCode).Json["result"]!;
}
