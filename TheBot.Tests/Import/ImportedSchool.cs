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
