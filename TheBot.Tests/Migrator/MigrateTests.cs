using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using TheBot.Data.Schema;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class MigrateTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Without_a_verb_it_brings_the_schema_up_to_date_and_seeds_nothing()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        var rehearsed = (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--dry-run", "--backfill")).Expect(0);
        Assert.Contains("would apply 20261123000000_Initial\n", rehearsed.Said, StringComparison.Ordinal);
        Assert.False(await database.ScalarAsync<bool>("SELECT to_regclass('rooms') IS NOT NULL"));
        var first = (await MigratorProcess.RunAsync(database.ConnectionString)).Expect(0);
        Assert.Contains("applying 20261123000000_Initial\n", first.Said, StringComparison.Ordinal);
        Assert.Contains($"applying {ChatDbContext.RequiredMigration}\n", first.Said, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM users)"));
        var second = (await MigratorProcess.RunAsync(database.ConnectionString)).Expect(0);
        Assert.DoesNotContain("applying", second.Said, StringComparison.Ordinal);
        Assert.Contains("rooms: 1 created", (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--dry-run", "--backfill")).Expect(0).Said, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(*) FROM rooms"));
    }

    [Fact]
    public async Task What_is_looked_for_by_more_than_a_key_has_an_index()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        foreach (var (query, index) in new[]
        {
            ("SELECT FROM users WHERE lower(username) = lower('Anna')", "ix_users_username_lower"),
            ("SELECT FROM users WHERE lower(email) = lower('Anna@example.com')", "ix_users_email"),
            ("SELECT FROM users WHERE avatar = 'avatars/anna.png' AND deleted_at IS NULL", "ix_users_avatar"),
            ("SELECT FROM room_events WHERE subject_id = 1 AND kind IN (10, 11, 12)", "ix_room_events_subject"),
        })
            Assert.Contains(index, await database.ScalarAsync<string>($"SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN {query}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_script_says_can_be_run_by_hand()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        await database.ExecuteAsync((await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--script")).Expect(0).Said);
        var list = (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--list", "--json")).Expect(0).Json;
        Assert.All(list["result"]!["migrations"]!.AsArray(), migration => Assert.Equal("applied", (string)migration!["state"]!));
        Assert.Empty((await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--json")).Expect(0).Json["result"]!["applied"]!.AsArray());
    }

    [Fact]
    public async Task It_goes_to_a_migration_by_name_and_back_only_when_told_so()
    {
        const string HasContacts = "SELECT to_regclass('user_contacts') IS NOT NULL";
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        Assert.Contains("--down", (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence")).Expect(2).Errors, StringComparison.Ordinal);
        Assert.Contains("would take back 20261124030000_Contacts", (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down", "--dry-run")).Expect(0).Said, StringComparison.Ordinal);
        Assert.True(await database.ScalarAsync<bool>(HasContacts));
        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        Assert.False(await database.ScalarAsync<bool>(HasContacts));
        Assert.Contains("run migrate first", (await MigratorProcess.RunAsync(database.ConnectionString, "backfill")).Expect(1).Errors, StringComparison.Ordinal);
        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "nowhere")).Expect(2);
    }

    [Fact]
    public async Task Of_two_at_once_the_second_waits_and_finds_nothing_to_do()
    {
        var database = await postgres.NewDatabaseAsync(migrated: false);
        await using var one = MigratorProcess.Start(database, "migrate", "--json");
        await using var other = MigratorProcess.Start(database, "migrate", "--json");
        var applied = new[] { await one.EndAsync(), await other.EndAsync() }.Select(a => a.Expect(0).Json["result"]!["applied"]!.AsArray().Count).Order().ToArray();
        Assert.Equal(0, applied[0]);
        Assert.True(applied[1] > 1);
    }

    [Fact]
    public async Task The_second_of_two_says_so_when_it_has_waited_long_enough()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        await using var first = await database.HoldAsync("SELECT pg_advisory_xact_lock(hashtext('thebot.schema'))");
        Assert.Contains("another migrator", Line(await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--wait", "1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_sql_ends_it_with_one_line_that_names_the_migration_and_keeps_nothing()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        await database.ExecuteAsync("CREATE TABLE users (mine int)");
        var line = Line(await MigratorProcess.RunAsync(database.ConnectionString, "migrate"));
        Assert.Contains("Initial: relation \"users\" already exists (SQLSTATE 42P07)", line, StringComparison.Ordinal);
        Assert.False(await database.ScalarAsync<bool>("SELECT to_regclass('rooms') IS NOT NULL"));
    }

    [Fact]
    public async Task A_lock_that_somebody_holds_ends_it_with_one_line()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        await using (await database.HoldAsync("LOCK TABLE messages IN ROW EXCLUSIVE MODE"))
        {
            var line = Line(await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "--lock-timeout", "1", "--wait", "86400"));
            Assert.Contains("Contacts: others hold what it needs", line, StringComparison.Ordinal);
        }

        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate")).Expect(0);
    }

    [Theory]
    [InlineData(2, "--wait: 'soon' is not a whole number from 0 to 86400", "migrate", "--wait", "soon")]
    [InlineData(2, "--wait: '-1' is not a whole number from 0 to 86400", "migrate", "--wait", "-1")]
    [InlineData(2, "first comes a verb, and 'frobnicate' is none", "frobnicate")]
    [InlineData(2, "Unrecognized option '--frobnicate'", "migrate", "--frobnicate")]
    [InlineData(2, "Unrecognized option '--wait'", "restore", "--wait", "1")]
    [InlineData(2, "FILE: is empty", "restore", "")]
    [InlineData(2, "--dir: is empty", "backup", "--dir", "")]
    [InlineData(2, "--undo: 'last' is not the number of a run", "doctor", "--undo", "last")]
    [InlineData(2, "--list, --script and --dry-run exclude each other", "migrate", "--list", "--script")]
    [InlineData(2, "--fix and --undo exclude each other", "doctor", "--fix", "--undo", "1")]
    [InlineData(1, "ConnectionStrings:chatdb is not set", "stats")]
    [InlineData(1, "ConnectionStrings:chatdb: Couldn't set frob", "stats", "Frob=1")]
    public async Task A_command_line_or_a_setting_that_makes_no_sense_is_refused_in_words(int exitCode, string says, params string[] arguments)
    {
        var (verb, connection) = arguments is [.. var words, "Frob=1"] ? (words, "Host=db;Frob=1") : (arguments, "");
        var answer = (await MigratorProcess.RunAsync(connection, verb)).Expect(exitCode);
        Assert.Contains(says, Assert.Single(answer.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(answer.Said);
    }

    [Fact]
    public async Task Whoever_asks_for_json_gets_it_also_when_the_command_line_makes_no_sense()
    {
        var answer = (await MigratorProcess.RunAsync("", "backup", "--keep", "0", "--json")).Expect(2).Json;
        Assert.Equal(("backup", 2), ((string)answer["verb"]!, (int)answer["exit_code"]!));
        Assert.Contains("--keep: '0'", (string)answer["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_waited_for_and_no_longer_than_told()
    {
        var own = new ScratchPostgres();
        await own.InitializeAsync();
        try
        {
            var database = await own.NewDatabaseAsync(migrated: false);
            await own.StopAsync();
            Assert.Contains("the database is away", Line(await MigratorProcess.RunAsync(database, "migrate", "--wait", "1", "--json")), StringComparison.Ordinal);
            await using var patient = MigratorProcess.Start(database, "migrate", "--wait", "60");
            await patient.SaidAsync("waiting for the database");
            await own.StartAsync();
            (await patient.EndAsync()).Expect(0);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_api_of_the_schema_before_serves_while_a_migration_runs_and_afterwards()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, ("Chat__Limits__MessagesPerSecond", "0"));
        var (room, student, _) = await school.ClassAsync();
        using var client = school.Api.Rest(student.Token);
        var sent = 0;
        async Task SayAsync()
        {
            using var answer = await client.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = $"{++sent}" }, Deadline.Token());
            answer.EnsureSuccessStatusCode();
        }

        await SayAsync();
        await using var next = NextBuild(school.ConnectionString);
        var migrating = SchemaUpgrade.RunAsync(next, Deadline.Token());
        do await SayAsync();
        while (!migrating.IsCompleted);
        await migrating;
        Assert.True(await school.School.ScalarAsync<bool>("SELECT to_regclass('ix_messages_of_the_next_build') IS NOT NULL"));

        await SayAsync();
        using var health = await client.GetAsync("/health", Deadline.Token());
        health.EnsureSuccessStatusCode();
        Assert.Equal(
            Enumerable.Range(1, sent).Select(i => $"{i}"),
            await school.School.QueryAsync("SELECT content FROM messages WHERE room_id = $1 ORDER BY seq", row => row.GetString(0), room));
    }

    [Fact]
    public async Task A_migration_that_gives_way_in_a_deadlock_with_the_api_is_done_again()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        // the API takes the room first and the message then, the migration the other way round, and its wait is looked at first
        var sending = database.HoldAsync("""
            SET LOCAL deadlock_timeout = '1min';
            LOCK TABLE rooms IN ROW EXCLUSIVE MODE;
            DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'rooms'::regclass AND NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
            LOCK TABLE messages IN ROW EXCLUSIVE MODE
            """);
        await Deadline.UntilAsync(
            () => database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'rooms'::regclass AND mode = 'RowExclusiveLock')"), locked => locked, "the room is taken");
        await using var next = NextBuild(database.ConnectionString);
        var migrating = SchemaUpgrade.RunAsync(next, Deadline.Token());
        await (await sending).DisposeAsync();
        await migrating;
        Assert.True(await database.ScalarAsync<bool>("SELECT to_regclass('ix_messages_of_the_next_build') IS NOT NULL"));
        await Deadline.UntilAsync(
            () => database.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), count => count == 1, "the deadlock is counted");
    }

    private static ChatDbContext NextBuild(string connectionString)
    {
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql(connectionString, npgsql => npgsql.MigrationsAssembly(typeof(NextBuildsMigration).Assembly.GetName().Name!))
            .UseSnakeCaseNamingConvention()
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
        return new ChatDbContext(options.Options);
    }

    /// <summary>The one line that a refused migrator leaves, with exit code 1.</summary>
    private static string Line(MigratorAnswer answer) => Assert.Single(answer.Expect(1).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>What a later build would add: it only expands, so that this build's API goes on.</summary>
[DbContext(typeof(ChatDbContext))]
[Migration("99990101000000_NextBuilds")]
public sealed class NextBuildsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("ALTER TABLE messages ADD COLUMN next_builds text;");
        migrationBuilder.Sql("CREATE INDEX ix_messages_of_the_next_build ON messages (next_builds);");
        migrationBuilder.Sql("ALTER TABLE rooms ADD COLUMN next_builds boolean NOT NULL DEFAULT false;");
    }
}
