using System.Net.Sockets;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Tests.Migrator;

/// <summary>What the surroundings refuse is one line; a fault of the tool's own shows where it is.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class RefusalTests(ScratchPostgres postgres)
{
    [Fact]
    public void A_fault_of_ours_is_no_refusal()
    {
        Assert.Null(Refusal.From(new InvalidOperationException("Sequence contains no elements")));
        Assert.Null(Refusal.From(new ArgumentOutOfRangeException("index")));
        var wrapped = Refusal.From(new InvalidOperationException("try again", new NpgsqlException("", new SocketException((int)SocketError.ConnectionRefused))));
        Assert.StartsWith("the database is away: ", wrapped?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_ours_shows_its_stack_and_ends_with_1()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        await database.ExecuteAsync(
            """
            ALTER TABLE rooms ALTER head_seq DROP DEFAULT, ALTER head_seq TYPE text;
            INSERT INTO rooms (kind, name, head_seq, locked, slow_mode_seconds) VALUES ('general', '', 'no number', false, 0)
            """);
        var answer = (await MigratorProcess.RunAsync(database.ConnectionString, "stats")).Expect(1);
        Assert.Contains("   at TheBot.Migrator.Commands.Stats.StatsCommand", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Frobnicate=1")]
    [InlineData("Host=127.0.0.1;Port=none")]
    [InlineData("Host=127.0.0.1,127.0.0.2;Target Session Attributes=sometimes")]
    [InlineData("Database=chatdb")]
    public async Task A_connection_string_that_is_none_is_told_in_one_line(string wrong)
    {
        foreach (var verb in new[] { "migrate", "stats", "preflight", "restore" })
        {
            var answer = (await MigratorProcess.RunAsync(wrong, verb)).Expect(1);
            Assert.Contains("ConnectionStrings:chatdb", Assert.Single(answer.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("backfill")]
    [InlineData("doctor", "--fix")]
    public async Task What_others_hold_is_waited_for_as_long_as_told_and_told_in_one_line(params string[] verb)
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        await using var holder = await database.HoldAsync("LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE");
        var answer = (await MigratorProcess.RunAsync(database.ConnectionString, [.. verb, "--lock-timeout", "1"])).Expect(1);
        Assert.Contains("others hold what it needs", Assert.Single(answer.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    /// <summary>A frozen server, or a road that carries nothing: connected or not, nobody answers. What the connection string allows for connecting would be five minutes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_never_answers_is_waited_for_no_longer_than_told(bool connects)
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        var there = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Timeout = 300 };
        await using var road = new Bottleneck(there.Port);

        // whoever connects looks at the types first
        await using var holder = await database.HoldAsync("LOCK TABLE pg_type IN ACCESS EXCLUSIVE MODE");
        if (!connects) (there.Port, road.BytesPerSecond) = (road.Port, 0);
        var answer = (await MigratorProcess.RunAsync(there.ConnectionString, "stats", "--wait", "1", "--lock-timeout", "86400")).Expect(1);
        Assert.Equal("stats failed: the database is away: it does not answer", answer.Errors.TrimEnd());
    }

    [Theory]
    [InlineData("preflight")]
    [InlineData("restore")]
    [InlineData("drill")]
    public async Task A_verb_that_does_not_wait_takes_no_wait(string verb) =>
        Assert.Contains("Unrecognized ", (await MigratorProcess.RunAsync("Host=127.0.0.1;Port=1;Database=chatdb", verb, "--wait", "1")).Expect(2).Errors, StringComparison.Ordinal);
}
