using Microsoft.EntityFrameworkCore;
using TheBot.Data.Schema;

namespace TheBot.Migrator;

/// <summary>Brings the schema up to date, one process at a time.</summary>
/// <remarks>
/// EF Core's own lock ends with each migration's transaction, so that two processes between two migrations would both plan the second one.
/// This one is the session's: a killed process gives it back.
/// </remarks>
public static class SchemaUpgrade
{
    /// <summary>Waits until no other process is at it, and applies what is missing then.</summary>
    public static async Task RunAsync(ChatDbContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var database = context.Database;
        await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await database.ExecuteSqlRawAsync("SELECT pg_advisory_lock(hashtext('thebot.schema'))", cancellationToken).ConfigureAwait(false);
            await database.MigrateAsync(cancellationToken).ConfigureAwait(false);
            await database.ExecuteSqlRawAsync("SELECT pg_advisory_unlock(hashtext('thebot.schema'))", cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }
}
