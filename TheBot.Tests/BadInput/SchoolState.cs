using Npgsql;

namespace TheBot.Tests.BadInput;

/// <summary>All that a school has, in a number for each table: what a refused call must leave as it was.</summary>
internal static class SchoolState
{
    /// <summary>What no call of a person is meant to change, or what changes by itself.</summary>
    private static readonly string[] Left = ["__EFMigrationsHistory", "replicas", "presence", "tokens"];

    public static async Task<string> ReadCommandAsync(NpgsqlDataSource database)
    {
        await using var tables = database.CreateCommand("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1");
        var parts = new List<string>();
        await using var rows = await tables.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var table = rows.GetString(0);
            if (!Left.Contains(table)) parts.Add($"SELECT '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM \"{table}\" t");
        }

        return string.Join(" UNION ALL ", parts);
    }

    public static async Task<Dictionary<string, string>> ReadAsync(NpgsqlDataSource database, string command)
    {
#pragma warning disable CA2100 // made above of the schema's own names
        await using var read = database.CreateCommand(command);
#pragma warning restore CA2100
        var state = new Dictionary<string, string>();
        await using var rows = await read.ExecuteReaderAsync();
        while (await rows.ReadAsync()) state.Add(rows.GetString(0), $"{rows.GetInt64(1)} rows, {rows.GetString(2)}");
        return state;
    }
}
