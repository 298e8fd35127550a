using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class MigrateTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Without_a_verb_it_brings_the_schema_up_to_date_and_seeds_nothing()
    {
        var database = await postgres.NewDatabaseAsync(migrated: false);
        var first = (await MigratorProcess.RunAsync(database)).Expect(0);
        Assert.Contains($"schema: {ChatDbContext.RequiredMigration}", first.Said, StringComparison.Ordinal);
        Assert.Equal(0L, await ScalarAsync<long>(database, "SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM users)"));
        var second = (await MigratorProcess.RunAsync(database)).Expect(0);
        Assert.DoesNotContain("applying", second.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_script_says_can_be_run_by_hand()
    {
        var database = await postgres.NewDatabaseAsync(migrated: false);
        var script = (await MigratorProcess.RunAsync(database, "migrate", "--script")).Expect(0).Said;
        await ScalarAsync<object>(database, script);
        var list = (await MigratorProcess.RunAsync(database, "migrate", "--list", "--json")).Expect(0).Json;
        Assert.All(list["result"]!["migrations"]!.AsArray(), migration => Assert.Equal("applied", (string)migration!["state"]!));
        Assert.Empty((await MigratorProcess.RunAsync(database, "migrate", "--json")).Expect(0).Json["result"]!["applied"]!.AsArray());
    }

    [Fact]
    public async Task It_goes_to_a_migration_by_name_and_back_only_when_told_so()
    {
        var database = await postgres.NewDatabaseAsync(migrated: false);
        (await MigratorProcess.RunAsync(database, "migrate", "presence")).Expect(0);
        Assert.False(await ScalarAsync<bool>(database, "SELECT to_regclass('user_contacts') IS NOT NULL"));
        (await MigratorProcess.RunAsync(database, "migrate")).Expect(0);
        Assert.Contains("--down", (await MigratorProcess.RunAsync(database, "migrate", "presence")).Expect(2).Errors, StringComparison.Ordinal);
        Assert.True(await ScalarAsync<bool>(database, "SELECT to_regclass('user_contacts') IS NOT NULL"));
        (await MigratorProcess.RunAsync(database, "migrate", "presence", "--down")).Expect(0);
        Assert.False(await ScalarAsync<bool>(database, "SELECT to_regclass('user_contacts') IS NOT NULL"));
        (await MigratorProcess.RunAsync(database, "migrate", "nowhere")).Expect(2);
    }

    private static async Task<T?> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
#pragma warning disable CA2100 // constants of the tests, and what the tool under test wrote
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        return (T?)await command.ExecuteScalarAsync(Deadline.Token());
    }
}
