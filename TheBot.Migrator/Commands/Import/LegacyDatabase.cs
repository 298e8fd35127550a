using System.Diagnostics.CodeAnalysis;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Import;

/// <summary>The replaced system's database as it was at one moment: a session that cannot write, and one snapshot for all that is read in it.</summary>
internal sealed class LegacyDatabase : IAsyncDisposable
{
    private static readonly string[] Tables =
    [
        "accounts_user", "accounts_studentprofile", "materials_subject", "materials_subjectenrollment", "authtoken_token", "chat_chatroom",
        "chat_chatroom_participants", "chat_chatparticipant", "chat_messagethread", "chat_message", "chat_messageread",
    ];

    private readonly NpgsqlConnection _connection;

    private LegacyDatabase(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Opens it and takes the snapshot.</summary>
    /// <param name="named">Where it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="VerbFailure">It does not answer, or is not the replaced system's.</exception>
    public static async Task<LegacyDatabase> OpenAsync(LegacySource named, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(named.ConnectionString)
            {
                ApplicationName = OperatorConnection.ApplicationName,
                CommandTimeout = 0,
                Pooling = false,
            };
            settings.Options = $"{settings.Options} -c default_transaction_read_only=on -c statement_timeout=0 -c timezone=UTC -c datestyle=ISO -c jit=off".TrimStart();
            connection = new NpgsqlConnection(settings.ConnectionString);
        }
        catch (ArgumentException wrong)
        {
            throw new VerbFailure($"{named.Name}: {wrong.Message}", ExitCode.BadArguments, wrong);
        }

        var source = new LegacyDatabase(connection);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await source.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", cancellationToken).ConfigureAwait(false);
            await source.RequireTablesAsync(named.Name, cancellationToken).ConfigureAwait(false);
            return source;
        }
        catch (NpgsqlException refused)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw new VerbFailure($"{named.Name}: {Refusal.From(refused)?.Message}", inner: refused);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Streams a query's rows into a table of another database, whose columns have the same types in the same order; says how many.</summary>
    /// <param name="query">What to read.</param>
    /// <param name="target">A connection to the other database.</param>
    /// <param name="table">Where to.</param>
    /// <param name="progress">Told how many rows have gone over so far, or null.</param>
    /// <param name="cancellationToken">Ends it; the table then has nothing of it.</param>
    public async Task<long> CopyAsync(string query, NpgsqlConnection target, string table, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var from = await _connection.BeginRawBinaryCopyAsync($"COPY ({query}) TO STDOUT (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (from.ConfigureAwait(false))
        {
            var to = await target.BeginRawBinaryCopyAsync($"COPY {table} FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
            return await CopyRelay.RunAsync(from, to, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task RequireTablesAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT name FROM unnest($1) AS name WHERE to_regclass(name) IS NULL ORDER BY name LIMIT 1", _connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Tables });
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string missing)
            throw new VerbFailure($"{name}: there is no table {missing}: this is not the replaced system's database");
    }

    [SuppressMessage("Security", "CA2100", Justification = "Callers pass constants.")]
    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
