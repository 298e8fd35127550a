using Microsoft.Extensions.DependencyInjection;

namespace TheBot.Tests.Migrator;

/// <summary>Whatever keeps the migrator from its work, the API that waits for it never starts.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class FailingMigratorTests(ScratchPostgres postgres)
{
    [Fact]
    public Task A_database_that_is_away() => TheApiNeverStartsAsync("Host=localhost;Port=1;Username=nobody;Database=chatdb");

    [Fact]
    public async Task Bad_sql()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        await database.ExecuteAsync("CREATE TABLE users (mine int)");
        await TheApiNeverStartsAsync(database.ConnectionString);
    }

    [Fact]
    public async Task A_lock_that_somebody_holds()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        await using var holder = await database.HoldAsync("LOCK TABLE messages IN ROW EXCLUSIVE MODE");
        await TheApiNeverStartsAsync(database.ConnectionString);
    }

    private static async Task TheApiNeverStartsAsync(string database)
    {
        var graph = new ChatGraph
        {
            Configure = builder => builder
                .CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "migrator"))
                .WithEnvironment("ConnectionStrings__chatdb", database)
                .WithArgs("--wait", "1", "--lock-timeout", "1"),
        };
        await graph.StartAsync();
        try
        {
            var migrator = await graph.App.ResourceNotifications.WaitForResourceAsync("migrator", e => e.Snapshot.ExitCode is not null, Deadline.Token());
            Assert.Equal(1, migrator.Snapshot.ExitCode);
            var api = await graph.App.ResourceNotifications.WaitForResourceAsync(
                "chatapi", [.. KnownResourceStates.TerminalStates, KnownResourceStates.Running], Deadline.Token());
            Assert.Equal(KnownResourceStates.FailedToStart, api);
        }
        finally
        {
            await graph.DisposeAsync();
        }
    }
}
