using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Preflight;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class PreflightTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task It_finds_what_would_disturb_a_deploy_and_says_what_to_do()
    {
        await using var redis = await ScratchRedis.StartAsync();
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        await database.ExecuteAsync("INSERT INTO replicas VALUES (gen_random_uuid(), now() + interval '1 hour'), (gen_random_uuid(), now() - interval '1 hour')");
        var lines = await RunAsync(database.ConnectionString, 0, redis.Port);
        Assert.Equal(("ok", "ok", "ok", "ok"), (State(lines, "database"), State(lines, "schema"), State(lines, "long transactions"), State(lines, "redis")));
        Assert.Equal("1 alive", (string)lines["replicas"]["finding"]!);
        Assert.Equal("warn", State(lines, "backup"));
        Assert.All(lines.Values, line => Assert.Equal((string)line["state"]! == "ok", line["to_do"] is null));

        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        lines = await RunAsync(database.ConnectionString, 0, redis.Port);
        Assert.Equal("warn", State(lines, "schema"));
        Assert.Contains("Contacts", (string)lines["schema"]["finding"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_is_open_for_long_is_named_and_those_of_other_databases_are_not()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        await using var other = new TestDatabase(await postgres.NewDatabaseAsync());
        await using var looking = new NpgsqlConnection(database.ConnectionString);
        await looking.OpenAsync(Deadline.Token());
        await using var elsewhere = await other.HoldAsync("SELECT 1");
        Assert.Equal(CheckState.Ok, (await LookAsync(TimeSpan.Zero)).State);
        await using var open = (NpgsqlConnection)await database.HoldAsync("SELECT 1");
        var found = await LookAsync(TimeSpan.Zero);
        Assert.Equal(CheckState.Warn, found.State);
        Assert.StartsWith($"pid {open.ProcessID} (unnamed, idle in transaction, ", found.Finding, StringComparison.Ordinal);
        Assert.Equal(CheckState.Ok, (await LookAsync(TimeSpan.FromHours(1))).State);

        Task<Check> LookAsync(TimeSpan longest) => DatabaseChecks.TransactionsAsync(looking, longest, Deadline.Token());
    }

    [Fact]
    public async Task Connections_that_are_nearly_used_up_are_a_warning()
    {
        await using var server = new PostgresServer("fsync=off", "max_connections=10");
        await server.CreateAsync();
        var database = server.ConnectionString("postgres");
        Assert.Equal("ok", State(await RunAsync(database, 0, redisPort: 1), "connections"));
        await using var source = NpgsqlDataSource.Create(database);
        var open = new List<NpgsqlConnection>();
        for (var n = 0; n < 7; n++) open.Add(await source.OpenConnectionAsync(Deadline.Token()));
        Assert.Equal("warn", State(await RunAsync(database, 0, redisPort: 1), "connections"));
        foreach (var connection in open) await connection.DisposeAsync();
    }

    [Theory]
    [InlineData(14, "Fail")]
    [InlineData(15, "Ok")]
    public void A_server_older_than_15_stops_a_deploy(int major, string state) => Assert.Equal(state, DatabaseChecks.Version(major, "").State.ToString());

    [Theory]
    [InlineData(5.0, "Ok")]
    [InlineData(4.9, "Warn")]
    [InlineData(1.0, "Warn")]
    [InlineData(0.9, "Fail")]
    public void Five_gigabytes_are_wanted_for_backups_and_one_is_needed(double free, string state) =>
        Assert.Equal(state, BackupChecks.Disk((long)(free * Bytes.Giga), "/backups").State.ToString());

    [Theory]
    [InlineData(1, "ok")]
    [InlineData(25, "warn")]
    public async Task A_backup_is_old_after_a_day(int hours, string state)
    {
        var database = await postgres.NewDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("thebot-backups-");
        try
        {
            var taken = DateTimeOffset.UtcNow.AddHours(-hours).ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{new NpgsqlConnectionStringBuilder(database).Database}-{taken}.dump"), "");
            Assert.Equal(state, State(await RunAsync(database, 0, redisPort: 1, folder.FullName), "backup"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_line_that_fails()
    {
        await using var redis = await ScratchRedis.StartAsync();
        var lines = await RunAsync("Host=127.0.0.1;Port=1;Username=nobody;Database=chatdb", 3, redis.Port);
        Assert.Equal(("fail", "ok"), (State(lines, "database"), State(lines, "redis")));
    }

    [Fact]
    public async Task A_redis_that_is_away_is_a_warning()
    {
        var lines = await RunAsync(await postgres.NewDatabaseAsync(), 0, redisPort: 1);
        Assert.Equal(("ok", "warn"), (State(lines, "database"), State(lines, "redis")));
    }

    private static string State(Dictionary<string, JsonNode> lines, string name) => (string)lines[name]["state"]!;

    private static async Task<Dictionary<string, JsonNode>> RunAsync(string database, int exitCode, int redisPort, string? backups = null)
    {
        var folder = backups ?? Path.Combine(Path.GetTempPath(), $"no-backups-{Guid.NewGuid():N}");
        await using var migrator = MigratorProcess.Start(
            database, [("ConnectionStrings__redis", $"127.0.0.1:{redisPort}")], "preflight", "--json", "--dir", folder);
        var checks = (await migrator.EndAsync()).Expect(exitCode).Json["result"]!["checks"]!.AsArray();
        return checks.ToDictionary(check => (string)check!["name"]!, check => check!);
    }
}
