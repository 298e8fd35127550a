using Npgsql;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Import;

/// <summary>A database of the replaced system beside one of ours, and the migrator's verbs between them.</summary>
internal sealed class ImportedSchool : IAsyncDisposable
{
    private ImportedSchool(LegacySchool legacy, School ours) => (Legacy, Ours) = (legacy, ours);

    public LegacySchool Legacy { get; }
    public School Ours { get; }

    /// <summary>Ours as an operator has it before the first import: migrated, with a general room that nobody has used.</summary>
    public static async Task<ImportedSchool> OpenAsync(ScratchPostgres postgres)
    {
        var legacy = await LegacySchool.OpenAsync(postgres);
        return new ImportedSchool(legacy, await School.OpenAsync(postgres));
    }

    /// <summary>Another database of ours beside the same one of theirs.</summary>
    public async Task<School> AnotherAsync(ScratchPostgres postgres)
    {
        var other = await School.OpenAsync(postgres);
        (await ImportIntoAsync(other)).Expect(0);
        return other;
    }

    public Task<MigratorAnswer> ImportAsync(params string[] options) => ImportIntoAsync(Ours, options);

    public Task<MigratorAnswer> VerifyAsync(params string[] options) =>
        MigratorProcess.RunAsync(Ours.Database.ConnectionString, ["verify", "--from", Legacy.ConnectionString, .. options]);

    /// <summary>Lets nobody write a table of ours until it is disposed: an import stops where it would.</summary>
    public async Task<IAsyncDisposable> HoldAsync(string table)
    {
        var connection = await Ours.Database.OpenConnectionAsync(Deadline.Token());
        var transaction = await connection.BeginTransactionAsync(Deadline.Token());
#pragma warning disable CA2100 // a name of the tests
        await using var hold = new NpgsqlCommand($"LOCK TABLE {table} IN SHARE MODE", connection, transaction);
#pragma warning restore CA2100
        await hold.ExecuteNonQueryAsync(Deadline.Token());
        return connection;
    }

    /// <summary>Waits until an import stands before a table that is held.</summary>
    public Task ImportWaitsForAsync(string table) => Deadline.UntilAsync(
        () => Ours.ScalarAsync<bool>(
            """
            SELECT EXISTS (
                SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE NOT l.granted AND l.relation = $1::regclass AND a.datname = current_database() AND a.application_name = 'thebot-migrator')
            """,
            table),
        waits => waits,
        $"an import that waits for {table}");

    /// <summary>Every table of ours with a number over all its rows: two databases with the same state answer the same.</summary>
    /// <remarks>A login's number is left out: it is drawn, and a run that was killed has drawn some.</remarks>
    public static async Task<string> StateAsync(School school)
    {
        var tables = await school.QueryAsync(
            """
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname IN ('public', 'legacy') AND tablename <> '__EFMigrationsHistory' ORDER BY 1
            """,
            row => row.GetString(0));
        var state = new List<string>();
        foreach (var table in tables)
        {
            var row = table == "public.tokens" ? "(to_jsonb(t) - 'id')::text" : "t::text";
            state.Add($"{table} {await school.ScalarAsync<string>($"SELECT count(*) || ' ' || coalesce(md5(string_agg(md5({row}), '' ORDER BY md5({row}))), '') FROM {table} t")}");
        }

        return string.Join('\n', state);
    }

    public async ValueTask DisposeAsync()
    {
        await Legacy.DisposeAsync();
        await Ours.DisposeAsync();
    }

    private Task<MigratorAnswer> ImportIntoAsync(School school, params string[] options) =>
        MigratorProcess.RunAsync(school.Database.ConnectionString, ["import", "--from", Legacy.ConnectionString, .. options]);
}
