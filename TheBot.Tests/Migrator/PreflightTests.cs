using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class PreflightTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task It_finds_what_would_disturb_a_deploy_and_says_what_to_do()
    {
        await using var redis = await ScratchRedis.StartAsync();
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        var lines = await RunAsync(database.ConnectionString, 0, redis.Port);
        Assert.Equal(("ok", "ok", "ok", "ok"), (State(lines, "database"), State(lines, "schema"), State(lines, "long transactions"), State(lines, "redis")));
        Assert.Equal("warn", State(lines, "backup"));
        Assert.All(lines.Values, line => Assert.Equal((string)line["state"]! == "ok", line["to_do"] is null));

        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        lines = await RunAsync(database.ConnectionString, 0, redis.Port);
        Assert.Equal("warn", State(lines, "schema"));
        Assert.Contains("Contacts", (string)lines["schema"]["finding"]!, StringComparison.Ordinal);
    }

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
