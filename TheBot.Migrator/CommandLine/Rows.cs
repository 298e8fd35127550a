using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace TheBot.Migrator.CommandLine;

/// <summary>Reading a query's rows, for verbs that look.</summary>
internal static class Rows
{
    [SuppressMessage("Security", "CA2100", Justification = "Every caller passes a constant; values go into parameters.")]
    public static async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        var found = new List<T>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) found.Add(read(rows));
        return found;
    }
}
