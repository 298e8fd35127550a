using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Migrator.Commands.Migrate;

/// <summary>Brings the schema to a migration, one process at a time.</summary>
/// <remarks>
/// EF Core's own lock ends with each migration's transaction, so that two processes between two migrations would both plan the second one.
/// This one is the session's: a killed process gives it back.
/// </remarks>
public static class SchemaUpgrade
{
    private const int DeadlocksEndured = 5;

    /// <summary>Waits until no other process is at it, and applies what is missing then, a transaction each.</summary>
    /// <param name="context">Its database, whose connection must not be open.</param>
    /// <param name="target">The migration to end at; null = the newest. An older one than the schema's takes migrations back.</param>
    /// <param name="patience">How long to wait for the other process; null = as long as it takes.</param>
    /// <param name="step">Told before each migration; taken back = true.</param>
    /// <param name="cancellationToken">Ends it; the migration under way is taken back.</param>
    /// <exception cref="PostgresException">55P03: the other process is still at it, or somebody holds a table.</exception>
    public static async Task RunAsync(
        ChatDbContext context,
        CancellationToken cancellationToken,
        string? target = null,
        TimeSpan? patience = null,
        Action<string, bool>? step = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var database = context.Database;
        await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await TakeTurnAsync(database, patience, cancellationToken).ConfigureAwait(false);
            foreach (var (migration, isBack) in await StepsAsync(database, target, cancellationToken).ConfigureAwait(false))
            {
                step?.Invoke(migration, isBack);
                await StepAsync(database, isBack ? Before(database, migration) : migration, cancellationToken).ConfigureAwait(false);
            }

            await database.ExecuteSqlRawAsync("SELECT pg_advisory_unlock(hashtext('thebot.schema'))", cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One migration; again where the API beside it took the same tables in another order and PostgreSQL gave way to the API: nothing of it was kept then.</summary>
    private static async Task StepAsync(DatabaseFacade database, string target, CancellationToken cancellationToken)
    {
        for (var again = DeadlocksEndured; ; again--)
        {
            try
            {
                await database.MigrateAsync(target, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception deadlock) when (again > 0 && deadlock.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected })
            {
                continue; // at once: finding the deadlock took PostgreSQL a second already
            }
        }
    }

    /// <summary>What lies between the schema and the target, in the order of doing.</summary>
    public static async Task<IReadOnlyList<(string Migration, bool IsBack)>> StepsAsync(DatabaseFacade database, string? target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        var known = database.GetMigrations().ToList();
        var applied = (await database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        var last = target is null ? known.Count - 1 : known.IndexOf(target);
        return
        [
            .. known.Skip(last + 1).Where(applied.Contains).Reverse().Select(migration => (migration, true)),
            .. known.Take(last + 1).Where(migration => !applied.Contains(migration)).Select(migration => (migration, false)),
        ];
    }

    private static string Before(DatabaseFacade database, string migration)
    {
        var known = database.GetMigrations().ToList();
        return known.IndexOf(migration) is > 0 and var at ? known[at - 1] : Microsoft.EntityFrameworkCore.Migrations.Migration.InitialDatabase;
    }

    /// <summary>Only this wait is bounded by the patience; the session's own limit for locks on tables holds again afterwards.</summary>
    private static async Task TakeTurnAsync(DatabaseFacade database, TimeSpan? patience, CancellationToken cancellationToken)
    {
        var milliseconds = patience is { } limit ? Math.Max(1, (long)limit.TotalMilliseconds) : 0;
        await database.ExecuteSqlRawAsync(
            "SELECT set_config('thebot.lock_timeout', current_setting('lock_timeout'), false), set_config('lock_timeout', {0}, false)",
            [milliseconds.ToString(CultureInfo.InvariantCulture)],
            cancellationToken).ConfigureAwait(false);
        await database.ExecuteSqlRawAsync("SELECT pg_advisory_lock(hashtext('thebot.schema'))", cancellationToken).ConfigureAwait(false);
        await database.ExecuteSqlRawAsync("SELECT set_config('lock_timeout', current_setting('thebot.lock_timeout'), false)", cancellationToken).ConfigureAwait(false);
    }
}
