using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Data.Schema;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Preflight;

/// <summary>The checklist's lines about the database.</summary>
internal static class DatabaseChecks
{
    private const int OldestMajor = 15;
    private static readonly TimeSpan LongTransaction = TimeSpan.FromMinutes(1);

    private const string LongTransactions =
        """
        SELECT pid, coalesce(nullif(application_name, ''), 'unnamed'), state, (extract(epoch FROM clock_timestamp() - xact_start))::bigint
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - $1
        ORDER BY xact_start
        """;

    /// <summary>What other databases of the server use is in the count, too: the limit is the server's.</summary>
    private const string Connections = "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = 'client backend'";

    private const string Replicas = "SELECT count(*) FROM replicas WHERE lease_until > now()";

    /// <summary>Adds them; where the database is away, only that.</summary>
    public static async Task AddAsync(List<Check> checks, VerbRun run, CancellationToken cancellationToken)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var connected = Stopwatch.GetElapsedTime(started);
            checks.Add(Version(
                connection.PostgreSqlVersion.Major,
                string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {connection.ServerVersion} at {connection.Host}:{connection.Port}, connected in {connected.TotalMilliseconds:N0} ms")));
            var schema = await SchemaAsync(run, cancellationToken).ConfigureAwait(false);
            checks.Add(schema);
            checks.Add(await TransactionsAsync(connection, LongTransaction, cancellationToken).ConfigureAwait(false));
            checks.Add(await ConnectionsAsync(connection, cancellationToken).ConfigureAwait(false));
            if (schema.State == CheckState.Ok) checks.Add(await ReplicasAsync(connection, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception away) when (Refusal.From(away) is { } refusal && away is not OperationCanceledException)
        {
            checks.Add(Check.Fail("database", refusal.Message, "start PostgreSQL, or correct ConnectionStrings:chatdb; nothing else of it was checked"));
        }
    }

    /// <summary>Whether the server is one that this build knows.</summary>
    internal static Check Version(int major, string seen) => major >= OldestMajor
        ? Check.Ok("database", seen)
        : Check.Fail("database", seen, $"upgrade it to PostgreSQL {OldestMajor} or later");

    private static async Task<Check> SchemaAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var scope = run.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<ChatDbContext>().Database;
        var pending = (await database.GetPendingMigrationsAsync(cancellationToken).ConfigureAwait(false)).ToList();
        return pending.Count == 0
            ? Check.Ok("schema", database.GetMigrations().Last())
            : Check.Warn("schema", $"{pending.Count} pending: {string.Join(", ", pending)}", "migrate applies them (migrate --script shows the SQL)");
    }

    /// <summary>Who has been in a transaction of this database for longer than that.</summary>
    internal static async Task<Check> TransactionsAsync(NpgsqlConnection connection, TimeSpan longest, CancellationToken cancellationToken)
    {
        var found = await Rows.ReadAsync(
            connection,
            LongTransactions,
            row => $"pid {row.GetInt32(0)} ({row.GetString(1)}, {(row.IsDBNull(2) ? "background" : row.GetString(2))}, {row.GetInt64(3)} s)",
            cancellationToken,
            longest).ConfigureAwait(false);
        return found.Count == 0
            ? Check.Ok("long transactions", "none")
            : Check.Warn("long transactions", string.Join(", ", found), "a migration would stand in line behind them: let them end, or SELECT pg_terminate_backend(pid)");
    }

    private static async Task<Check> ConnectionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (used, most) = (await Rows.ReadAsync(connection, Connections, row => (row.GetInt64(0), row.GetInt32(1)), cancellationToken).ConfigureAwait(false))[0];
        var seen = $"{used} of {most} connections in use";
        return used * 5 < most * 4
            ? Check.Ok("connections", seen)
            : Check.Warn("connections", seen, "raise max_connections, or lower Maximum Pool Size of the replicas: new ones would be refused");
    }

    private static async Task<Check> ReplicasAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var alive = (await Rows.ReadAsync(connection, Replicas, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
        return Check.Ok("replicas", $"{alive} alive");
    }
}
