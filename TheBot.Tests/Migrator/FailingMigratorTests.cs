using Microsoft.Extensions.DependencyInjection;

namespace TheBot.Tests.Migrator;

/// <summary>Whatever keeps the migrator from its work, the API that waits for it never starts.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class FailingMigratorTests(ScratchPostgres postgres)
{
    /// <summary>Nobody tells it how long to wait, as in production: a minute is too long, and a database that comes back after it has given up starts nothing.</summary>
    [Fact]
    public async Task A_database_that_is_away_for_a_minute()
    {
        var own = new ScratchPostgres();
        await own.InitializeAsync();
        try
        {
            var database = await own.NewDatabaseAsync(migrated: false);
            await own.StopAsync();
            var line = await TheApiNeverStartsAsync(database, meanwhile: own.StartAsync);
            Assert.Contains("migrate failed: the database is away: ", line, StringComparison.Ordinal);
            await using var back = new TestDatabase(database);
            Assert.False(await back.ScalarAsync<bool>("SELECT to_regclass('rooms') IS NOT NULL"));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task Bad_sql()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        await database.ExecuteAsync("CREATE TABLE users (mine int)");
        Assert.Contains("Initial: relation \"users\" already exists", await TheApiNeverStartsAsync(database.ConnectionString), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_somebody_holds()
    {
        await using var database = new TestDatabase(await postgres.NewDatabaseAsync());
        (await MigratorProcess.RunAsync(database.ConnectionString, "migrate", "presence", "--down")).Expect(0);
        await using var holder = await database.HoldAsync("LOCK TABLE messages IN ROW EXCLUSIVE MODE");
        var line = await TheApiNeverStartsAsync(database.ConnectionString, arguments: ["--lock-timeout", "1"]);
        Assert.Contains("Contacts: others hold what it needs", line, StringComparison.Ordinal);
    }

    /// <summary>Starts a graph on a database; the migrator's one line on stderr.</summary>
    /// <param name="database">Its connection string.</param>
    /// <param name="meanwhile">Done between the migrator's end and the look at the API.</param>
    /// <param name="arguments">The migrator's, beside those that the graph has anyway.</param>
    private static async Task<string> TheApiNeverStartsAsync(string database, Func<Task>? meanwhile = null, params string[] arguments)
    {
        var graph = new ChatGraph
        {
            Configure = builder => builder
                .CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "migrator"))
                .WithEnvironment("ConnectionStrings__chatdb", database)
                .WithArgs([.. arguments]),
        };
        await graph.StartAsync();
        try
        {
            var migrator = await graph.App.ResourceNotifications.WaitForResourceAsync("migrator", e => e.Snapshot.ExitCode is not null, Deadline.Token());
            Assert.Equal(1, migrator.Snapshot.ExitCode);
            if (meanwhile is not null) await meanwhile();
            var api = await graph.App.ResourceNotifications.WaitForResourceAsync(
                "chatapi", [.. KnownResourceStates.TerminalStates, KnownResourceStates.Running], Deadline.Token());
            Assert.Equal(KnownResourceStates.FailedToStart, api);
            return await LineAsync(graph, migrator.ResourceId);
        }
        finally
        {
            await graph.DisposeAsync();
        }
    }

    private static async Task<string> LineAsync(ChatGraph graph, string migrator)
    {
        var logs = graph.App.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var lines in logs.WatchAsync(migrator).WithCancellation(Deadline.Token()))
        {
            // the last one may be the graph's own, of how it ended
            if (lines.Where(line => line.IsErrorMessage && !line.Content.StartsWith("ended with", StringComparison.Ordinal)).ToList() is { Count: > 0 } errors)
                return Assert.Single(errors).Content;
        }

        throw new InvalidOperationException("the migrator said nothing");
    }
}
