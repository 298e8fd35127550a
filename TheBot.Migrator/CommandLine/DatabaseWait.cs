using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Migrator.CommandLine;

/// <summary>What comes before a verb: a database that answers, with the right schema.</summary>
internal static class DatabaseWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What a database that is there may need for its answer, however little patience there is.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);

    /// <summary>Asks again while the database is away or starts up, within the run's patience; a refusal (password, no such database) ends it at once.</summary>
    public static async Task UntilItAnswersAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var time = run.Services.GetRequiredService<TimeProvider>();
        var started = time.GetTimestamp();

        // One that takes the connection and says nothing would be waited for as long as for a long statement.
        using var patience = new CancellationTokenSource(run.Patience > Least ? run.Patience : Least, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await AskAsync(run).WaitAsync(over.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException silent) when (!cancellationToken.IsCancellationRequested)
            {
                throw new VerbFailure(Refusal.Silent, inner: silent);
            }
            catch (NpgsqlException away) when (away.IsTransient && time.GetElapsedTime(started) + Pause < run.Patience)
            {
                if (isFirst) run.Say($"waiting for the database: {Refusal.From(away)?.Message}");
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Not to be cancelled: while a connection begins the client library looks at its own timeout alone.</summary>
    private static async Task AskAsync(VerbRun run)
    {
        await using var command = run.Database.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Every verb but <c>migrate</c> is written for one schema.</summary>
    /// <exception cref="VerbFailure">The schema is older, or that of a later build.</exception>
    public static async Task RequireCurrentSchemaAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<ChatDbContext>().Database;
        var applied = (await database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)).ToList();
        var known = database.GetMigrations().ToList();
        if (known.Except(applied, StringComparer.Ordinal).FirstOrDefault() is { } missing)
            throw new VerbFailure($"the schema lacks {missing}: run migrate first");
        if (applied.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } later)
            throw new VerbFailure($"the schema has {later}, which this build does not know: use the migrator of that build");
    }
}
