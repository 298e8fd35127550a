using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>The server behind the connection string, seen from its maintenance database: databases are made, renamed and dropped here.</summary>
internal sealed class DatabaseServer : IAsyncDisposable
{
    private const string MaintenanceDatabase = "postgres";

    /// <summary>In the words of CREATE DATABASE. The provider's own locale is in a column of another name since PostgreSQL 17.</summary>
    private const string LocaleOf =
        """
        SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(d.encoding), d.datcollate, d.datctype)
            || CASE d.datlocprovider WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', own.locale) WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', own.locale)
                ELSE ' LOCALE_PROVIDER libc' END
        FROM pg_database d
        CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale) AS own
        WHERE d.datname = $1
        """;

    private readonly NpgsqlConnectionStringBuilder _target;
    private readonly NpgsqlConnection _connection;
    private readonly TimeProvider _time;

    private DatabaseServer(NpgsqlConnectionStringBuilder target, NpgsqlConnection connection, TimeProvider time) => (_target, _connection, _time) = (target, connection, time);

    /// <summary>The name in the connection string; there may be no such database.</summary>
    public string Database => _target.Database!;

    public static async Task<DatabaseServer> ConnectAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(run.ConnectionString) { Pooling = false };
        if (string.IsNullOrEmpty(target.Database)) throw new VerbFailure("the connection string names no database");
        var connection = new NpgsqlConnection(On(target, MaintenanceDatabase));
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new DatabaseServer(target, connection, run.Services.GetRequiredService<TimeProvider>());
    }

    /// <summary>PostgreSQL's own programs for this server.</summary>
    /// <exception cref="VerbFailure">There are none, or only older ones.</exception>
    public Task<PostgresTools> FindToolsAsync(VerbRun run, CancellationToken cancellationToken) => PostgresTools.FindAsync(run, _connection, cancellationToken);

    /// <summary>Whether there is such a database with a table, a view or a sequence in it, in whatever schema.</summary>
    public async Task<bool> HoldsSomethingAsync(string database, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(database, cancellationToken).ConfigureAwait(false)) return false;
        await using var connection = new NpgsqlConnection(On(_target, database));
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        const string Holds =
            """
            SELECT EXISTS (
                SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_'))
            """;
        return (await Rows.ReadAsync(connection, Holds, row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>An empty database beside the target, with the target's encoding and locale where there is one, dropped when it is disposed unless it took the target's place.</summary>
    public async Task<ScratchDatabase> CreateScratchAsync(string purpose, CancellationToken cancellationToken)
    {
        var name = NameOf(purpose);
        var told = await Rows.ReadAsync(_connection, LocaleOf, row => row.GetString(0), cancellationToken, Database).ConfigureAwait(false);
        await ExecuteAsync($"CREATE DATABASE {Quote(name)} TEMPLATE template0 {(told is [var same] ? same : "ENCODING 'UTF8'")}", cancellationToken).ConfigureAwait(false);
        return new ScratchDatabase(name, On(_target, name), this);
    }

    /// <summary>Lets the scratch database have the target's name; everybody is cut off from the target for it.</summary>
    /// <param name="scratch">What takes the place.</param>
    /// <param name="cancellationToken">Ends it; the target keeps its name then.</param>
    /// <returns>The target's new name; null where there was none, or nothing in it when it had lost its name: only then it is dropped.</returns>
    public async Task<string?> ReplaceAsync(ScratchDatabase scratch, CancellationToken cancellationToken)
    {
        var kept = await ExistsAsync(Database, cancellationToken).ConfigureAwait(false) ? NameOf("before") : null;
        if (kept is not null)
        {
            await ExecuteAsync($"ALTER DATABASE {Quote(Database)} ALLOW_CONNECTIONS false", cancellationToken).ConfigureAwait(false);
            try
            {
                await Rows.ReadAsync(
                    _connection, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", _ => 0, cancellationToken, Database).ConfigureAwait(false);
                await ExecuteAsync($"ALTER DATABASE {Quote(Database)} RENAME TO {Quote(kept)}", cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (await ExistsAsync(Database, CancellationToken.None).ConfigureAwait(false))
                    await ExecuteAsync($"ALTER DATABASE {Quote(Database)} ALLOW_CONNECTIONS true", CancellationToken.None).ConfigureAwait(false);
            }
        }

        // from here on it goes through to the end, or back: something must have the target's name
        try
        {
            await ExecuteAsync($"ALTER DATABASE {Quote(scratch.Name)} RENAME TO {Quote(Database)}", CancellationToken.None).ConfigureAwait(false);
        }
        catch when (kept is not null)
        {
            await ExecuteAsync($"ALTER DATABASE {Quote(kept)} RENAME TO {Quote(Database)}", CancellationToken.None).ConfigureAwait(false);
            await ExecuteAsync($"ALTER DATABASE {Quote(Database)} ALLOW_CONNECTIONS true", CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        scratch.IsTaken = true;
        if (kept is null) return null;
        await ExecuteAsync($"ALTER DATABASE {Quote(kept)} ALLOW_CONNECTIONS true", CancellationToken.None).ConfigureAwait(false);
        if (await HoldsSomethingAsync(kept, CancellationToken.None).ConfigureAwait(false)) return kept;
        await DropAsync(kept).ConfigureAwait(false);
        return null;
    }

    public Task DropAsync(string database) => ExecuteAsync($"DROP DATABASE IF EXISTS {Quote(database)} WITH (FORCE)", CancellationToken.None);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string On(NpgsqlConnectionStringBuilder target, string database) => new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = database }.ConnectionString;

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private string NameOf(string purpose) => $"{Database}_{purpose}_{_time.GetUtcNow().ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture)}";

    private async Task<bool> ExistsAsync(string database, CancellationToken cancellationToken) =>
        (await Rows.ReadAsync(_connection, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", row => row.GetBoolean(0), cancellationToken, database).ConfigureAwait(false))[0];

    [SuppressMessage("Security", "CA2100", Justification = "Names of databases cannot be parameters; each is quoted.")]
    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A database that lives as long as this.</summary>
internal sealed class ScratchDatabase(string name, string connectionString, DatabaseServer server) : IAsyncDisposable
{
    public string Name { get; } = name;
    public string ConnectionString { get; } = connectionString;

    /// <summary>It has got a name of its own, and stays.</summary>
    public bool IsTaken { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (!IsTaken) await server.DropAsync(Name).ConfigureAwait(false);
    }
}
