using System.Diagnostics;
using System.Globalization;
using TheBot.Tests.Roster;
using Xunit.Abstractions;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class BackfillTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    private const string Enrollments = "THEBOT_BACKFILL_ENROLLMENTS";

    /// <summary>A roster that came by SQL, as a school's import would: no room knows of it yet. Two enrollments and a parent for each student, a tutor for two of three.</summary>
    internal static string Roster(int students) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        INSERT INTO users (id, username, first_name, last_name, role, is_administrator, is_active, is_demo)
        SELECT i, 'u' || i, 'Имя', i::text, CASE WHEN i <= {students} THEN 'student' WHEN i <= {students} + 20 THEN 'teacher' WHEN i <= {students} + 30 THEN 'tutor' ELSE 'parent' END,
            false, true, false
        FROM generate_series(1, {2 * students} + 30) i;
        INSERT INTO subjects (id, name) VALUES (1, 'Физика'), (2, 'Химия');
        INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active)
        SELECT i, s, {students} + 1 + (i + s) % 20, true FROM generate_series(1, {students}) i, generate_series(1, 2) s;
        INSERT INTO tutorships (student_id, tutor_id) SELECT i, {students} + 21 + i % 10 FROM generate_series(1, {students}) i WHERE i % 3 > 0;
        INSERT INTO guardianships (student_id, guardian_id) SELECT i, {students} + 30 + i FROM generate_series(1, {students}) i;
        """);

    internal const string State =
        """
        SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
            SELECT r.kind || ' ' || r.enrollment_id || ' ' || r.name || ' ' || r.head_seq AS line FROM rooms r WHERE r.enrollment_id IS NOT NULL
            UNION ALL
            SELECT r.kind || ' ' || r.enrollment_id || ' ' || m.user_id || ' ' || array_to_string(m.reasons, ',') FROM room_members m JOIN rooms r ON r.id = m.room_id
        ) AS lines
        """;

    [Fact]
    public async Task It_tells_what_there_is_to_do_does_it_and_finds_nothing_the_second_time()
    {
        await using var school = await School.OpenAsync(postgres);
        await school.ExecuteAsync(Roster(600));
        var told = (await RunAsync(school, "--dry-run"))["report"]!.ToJsonString();
        var done = await RunAsync(school);
        Assert.Equal(told, done["report"]!.ToJsonString());
        Assert.Equal((2000, 6000, 0), ((int)done["report"]!["rooms_created"]!, (int)done["report"]!["members_added"]!, (int)done["report"]!["members_removed"]!));
        Assert.True((bool)(await RunAsync(school))["report"]!["is_nothing"]!);
        await school.LogsAgreeAsync();

        var stats = (await MigratorProcess.RunAsync(school.Database.ConnectionString, "stats", "--json")).Expect(0).Json["result"]!;
        var kinds = stats["rooms"]!.AsArray().ToDictionary(k => (string)k!["kind"]!, k => ((int)k!["rooms"]!, (int)k["members"]!));
        Assert.Equal((1200, 3600), kinds["forum_subject"]);
        Assert.Equal((800, 2400), kinds["forum_tutor"]);
        Assert.Equal((1, 1230), kinds["general"]);
    }

    [Fact]
    public async Task Killed_at_any_point_and_started_again_it_ends_the_same()
    {
        await using var undisturbed = await School.OpenAsync(postgres);
        await using var disturbed = await School.OpenAsync(postgres);
        await undisturbed.ExecuteAsync(Roster(600));
        await disturbed.ExecuteAsync(Roster(600));
        await RunAsync(undisturbed);

        // each time a little further: after the first rooms, then after some hundred more
        foreach (var rooms in new[] { 1, 600, 1200 })
        {
            await using var migrator = MigratorProcess.Start(disturbed.Database.ConnectionString, "backfill");
            await Deadline.UntilAsync(() => disturbed.ScalarAsync<long>("SELECT count(*) FROM rooms WHERE enrollment_id IS NOT NULL"), count => count >= rooms, "rooms");
            await migrator.KillAsync();
        }

        await RunAsync(disturbed);
        Assert.Equal(await undisturbed.ScalarAsync<string>(State), await disturbed.ScalarAsync<string>(State));
        await disturbed.LogsAgreeAsync();
    }

    /// <summary>The whole process is timed, as an operator waits for it. It needs the machine for itself.</summary>
    [OnRequestFact(Enrollments)]
    public async Task Eight_thousand_enrollments_have_their_rooms_within_ten_seconds()
    {
        var enrollments = int.Parse(Environment.GetEnvironmentVariable(Enrollments)!, CultureInfo.InvariantCulture);
        await using var school = await School.OpenAsync(postgres);
        await school.ExecuteAsync(Roster(enrollments / 2));
        var (first, took) = await TimedAsync();
        var (second, tookAgain) = await TimedAsync();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{enrollments} enrollments: {took.TotalSeconds:F1} s, {first.Trim()}; again: {tookAgain.TotalSeconds:F1} s, {second.Trim()}"));
        Assert.True((await school.DriftAsync()).IsNothing);
        Assert.True(took < TimeSpan.FromSeconds(10 * Math.Max(1, enrollments / 8000.0)), $"{took.TotalSeconds:F1} s");

        async Task<(string Said, TimeSpan Took)> TimedAsync()
        {
            var started = Stopwatch.GetTimestamp();
            var said = (await MigratorProcess.RunAsync(school.Database.ConnectionString, "backfill")).Expect(0).Said;
            return (said, Stopwatch.GetElapsedTime(started));
        }
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> RunAsync(School school, params string[] options) =>
        (await MigratorProcess.RunAsync(school.Database.ConnectionString, ["backfill", "--json", .. options])).Expect(0).Json["result"]!;
}
