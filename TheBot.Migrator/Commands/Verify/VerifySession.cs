using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Verify;

/// <summary>One side of the comparison: a snapshot that is only read, the same for all that is asked.</summary>
internal sealed class VerifySession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private VerifySession(NpgsqlConnection connection) => _connection = connection;

    /// <exception cref="VerbFailure">It does not answer; the message begins with <paramref name="name"/>.</exception>
    public static async Task<VerifySession> OpenAsync(string connectionString, string name, CancellationToken cancellationToken)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0, Pooling = false, ApplicationName = OperatorConnection.ApplicationName };
            settings.Options = $"{settings.Options} -c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO -c work_mem=64MB -c jit=off".TrimStart();
            var session = new VerifySession(new NpgsqlConnection(settings.ConnectionString));
            await session._connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", session._connection);
            await begin.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch (ArgumentException wrong)
        {
            throw new VerbFailure($"{name}: {wrong.Message}", ExitCode.BadArguments, wrong);
        }
        catch (NpgsqlException refused)
        {
            throw new VerbFailure($"{name}: {Refusal.From(refused)?.Message}", inner: refused);
        }
    }

    /// <summary>Rows as they come; no more than one is held.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The constants of VerifySql.")]
    public async IAsyncEnumerable<T> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return read(row);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
