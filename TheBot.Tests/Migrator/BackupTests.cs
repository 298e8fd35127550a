using Npgsql;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

[Collection(ScratchPostgresTests.Name)]
public sealed class BackupTests(ScratchPostgres postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("thebot-backups-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_backed_up_can_be_restored_and_what_was_there_is_kept()
    {
        const string Names = "SELECT string_agg(name, ',' ORDER BY name) FROM subjects";
        await using var school = await School.OpenAsync(postgres);
        await school.SubjectAsync("Физика");
        await RunAsync(school, 0, "backup");
        await RunAsync(school, 0, "drill");
        await school.SubjectAsync("Химия");

        Assert.Contains("--force", (await RunAsync(school, 1, "restore")).Errors, StringComparison.Ordinal);
        Assert.Equal("Физика,Химия", await school.ScalarAsync<string>(Names));
        var rehearsed = (await RunAsync(school, 0, "restore", "--dry-run", "--json")).Json["result"]!;
        Assert.Equal((26, 0, true), ((int)rehearsed["tables"]!, (int)rehearsed["written"]!["messages"]!, (bool)rehearsed["replaces"]!));
        Assert.Equal("Физика,Химия", await school.ScalarAsync<string>(Names));
        var kept = (string)(await RunAsync(school, 0, "restore", "--force", "--json")).Json["result"]!["kept"]!;
        await using var restored = new TestDatabase(school.Database.ConnectionString);
        Assert.Equal("Физика", await restored.ScalarAsync<string>(Names));
        await using var before = new TestDatabase(new NpgsqlConnectionStringBuilder(school.Database.ConnectionString) { Database = kept }.ConnectionString);
        Assert.Equal("Физика,Химия", await before.ScalarAsync<string>(Names));
    }

    [Fact]
    public async Task A_backup_that_does_not_hold_what_it_held_fails_the_drill_and_is_not_restored()
    {
        await using var school = await School.OpenAsync(postgres);
        await RunAsync(school, 0, "backup");
        var noted = Directory.GetFiles(_folder, "*.holds.json").Single();
        await File.WriteAllTextAsync(noted, (await File.ReadAllTextAsync(noted)).Replace("\"Messages\":0", "\"Messages\":1", StringComparison.Ordinal));
        Assert.Contains("0 of 1 messages", (await RunAsync(school, 3, "drill")).Said, StringComparison.Ordinal);
        Assert.Contains("nothing was replaced", (await RunAsync(school, 1, "restore", "--force")).Errors, StringComparison.Ordinal);

        var dump = Directory.GetFiles(_folder, "*.dump").Single();
        await using (var file = File.OpenWrite(dump)) file.SetLength(file.Length / 2);
        await RunAsync(school, 1, "drill");
        Assert.Equal(0L, await school.ScalarAsync<long>("SELECT count(*) FROM pg_database WHERE datname LIKE current_database() || '\\_%'"));
    }

    [Fact]
    public async Task A_damaged_note_is_told_in_one_line_and_nothing_is_read()
    {
        await using var school = await School.OpenAsync(postgres);
        await RunAsync(school, 0, "backup");
        var noted = Directory.GetFiles(_folder, "*.holds.json").Single();
        foreach (var (note, verb) in new[] { ("{", new[] { "drill" }), ("null", ["drill"]), ("{}", ["restore", "--force"]) })
        {
            await File.WriteAllTextAsync(noted, note);
            var answer = await RunAsync(school, 1, verb);
            Assert.Contains($"{noted} is damaged", Assert.Single(answer.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.Empty(answer.Said);
        }

        File.Delete(noted);
        Assert.Contains("nothing was noted when it was written", (await RunAsync(school, 0, "drill")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_drill_tells_what_doctor_finds_in_the_backup()
    {
        await using var school = await School.OpenAsync(postgres);
        await school.EnrollAsync(await school.PersonAsync(Role.Student), await school.SubjectAsync(), await school.PersonAsync(Role.Teacher));
        await school.ExecuteAsync("UPDATE rooms SET head_seq = head_seq + 1");
        await RunAsync(school, 0, "backup");
        Assert.Contains("head_mismatch", (await RunAsync(school, 3, "drill")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_newest_are_kept()
    {
        await using var school = await School.OpenAsync(postgres);
        await RunAsync(school, 2, "backup", "--keep", "0");
        for (var i = 0; i < 3; i++) await RunAsync(school, 0, "backup", "--keep", "2");
        Assert.Equal(2, Directory.GetFiles(_folder, "*.dump").Length);
        Assert.Equal(4, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task What_is_written_while_a_backup_is_taken_is_neither_in_it_nor_in_what_is_noted_beside_it()
    {
        await using var school = await School.OpenAsync(postgres);
        var (called, goOn) = (Path.Combine(_folder, "called"), Path.Combine(_folder, "go-on"));
        var path = await WrappedTools.WriteAsync(new DirectoryInfo(_folder), $"touch '{called}'; while [ ! -e '{goOn}' ]; do sleep 0.05; done");
        await using (var backup = MigratorProcess.Start(school.Database.ConnectionString, [("PATH", path)], "backup", "--dir", _folder))
        {
            await Deadline.UntilAsync(() => Task.FromResult(File.Exists(called)), there => there, "pg_dump");
            OnlyTheOwnerReads(Assert.Single(Directory.GetFiles(_folder, "*.part")));
            await school.PersonAsync(Role.Student);
            await File.WriteAllTextAsync(goOn, "");
            (await backup.EndAsync()).Expect(0);
        }

        var drilled = (await RunAsync(school, 0, "drill", "--json")).Json["result"]!;
        Assert.Equal((0, 0), ((int)drilled["found"]!["people"]!, (int)drilled["written"]!["people"]!));
    }

    [Fact]
    public async Task A_table_that_somebody_holds_ends_it_with_one_line_and_no_file()
    {
        await using var school = await School.OpenAsync(postgres);
        await using var database = new TestDatabase(school.Database.ConnectionString);
        await using (await database.HoldAsync("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")) IsHeld(await RunAsync(school, 1, "backup", "--lock-timeout", "1"));
        Assert.Empty(Directory.GetFiles(_folder));

        // and one that somebody takes when pg_dump is about to
        var (called, goOn) = (Path.Combine(_folder, "called"), Path.Combine(_folder, "go-on"));
        var path = await WrappedTools.WriteAsync(new DirectoryInfo(_folder), $"touch '{called}'; while [ ! -e '{goOn}' ]; do sleep 0.05; done");
        await using var backup = MigratorProcess.Start(school.Database.ConnectionString, [("PATH", path)], "backup", "--dir", _folder, "--lock-timeout", "1");
        await Deadline.UntilAsync(() => Task.FromResult(File.Exists(called)), there => there, "pg_dump");
        await using var holder = await database.HoldAsync("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
        await File.WriteAllTextAsync(goOn, "");
        IsHeld(await backup.EndAsync());
        Assert.Equal([called, goOn], Directory.GetFiles(_folder).Order(StringComparer.Ordinal));

        static void IsHeld(MigratorAnswer answer) =>
            Assert.Contains("others hold what it needs", Assert.Single(answer.Expect(1).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_but_its_owner_can_read_a_backup()
    {
        await using var school = await School.OpenAsync(postgres);
        var folder = Path.Combine(_folder, "made", "by-it");
        (await MigratorProcess.RunAsync(school.Database.ConnectionString, "backup", "--dir", folder)).Expect(0);
        var files = Directory.GetFiles(folder);
        Assert.Equal(2, files.Length);
        Assert.All(files, OnlyTheOwnerReads);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    [Fact]
    public async Task A_backup_that_does_not_get_its_name_leaves_nothing_behind()
    {
        await using var school = await School.OpenAsync(postgres);
        var path = await WrappedTools.WriteAsync(
            new DirectoryInfo(_folder), "for given; do case \"$given\" in --file=*.part) name=${given#--file=}; mkdir \"${name%.part}\";; esac; done");
        await using var backup = MigratorProcess.Start(school.Database.ConnectionString, [("PATH", path)], "backup", "--dir", _folder);
        (await backup.EndAsync()).Expect(1);
        Assert.Single(Directory.GetDirectories(_folder, "*.dump"));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task What_somebody_writes_while_a_backup_is_restored_is_kept()
    {
        await using var school = await School.OpenAsync(postgres);
        await RunAsync(school, 0, "backup");
        var dump = Directory.GetFiles(_folder, "*.dump").Single();
        await using var target = new TestDatabase(await postgres.NewDatabaseAsync(migrated: false));
        var (called, goOn) = (Path.Combine(_folder, "called"), Path.Combine(_folder, "go-on"));
        var path = await WrappedTools.WriteAsync(new DirectoryInfo(_folder), $"touch '{called}'; while [ ! -e '{goOn}' ]; do sleep 0.05; done");
        await using var restore = MigratorProcess.Start(target.ConnectionString, [("PATH", path)], "restore", dump, "--json");
        await Deadline.UntilAsync(() => Task.FromResult(File.Exists(called)), there => there, "pg_restore");
        await target.ExecuteAsync("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.mine AS SELECT 'mine' AS what");
        NpgsqlConnection.ClearAllPools();
        await File.WriteAllTextAsync(goOn, "");
        var kept = (string)(await restore.EndAsync()).Expect(0).Json["result"]!["kept"]!;
        await using var before = new TestDatabase(new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = kept }.ConnectionString);
        Assert.Equal("mine", await before.ScalarAsync<string>("SELECT what FROM elsewhere.mine"));
        Assert.Contains("is not empty", (await MigratorProcess.RunAsync(before.ConnectionString, "restore", dump)).Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restored_database_has_the_locale_of_the_one_that_it_replaces_and_an_empty_one_is_dropped()
    {
        const string Locale = "SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = current_database()";
        await using var school = await School.OpenAsync(postgres);
        await RunAsync(school, 0, "backup");
        var name = $"other_{Guid.NewGuid():N}";
        await school.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'");
        await using var target = new TestDatabase(new NpgsqlConnectionStringBuilder(school.Database.ConnectionString) { Database = name }.ConnectionString);
        var answer = (await MigratorProcess.RunAsync(target.ConnectionString, "restore", Directory.GetFiles(_folder, "*.dump").Single(), "--json")).Expect(0).Json;
        Assert.Null(answer["result"]!["kept"]);
        Assert.Equal("C.UTF-8 C.UTF-8", await target.ScalarAsync<string>(Locale));
        Assert.Equal(0L, await target.ScalarAsync<long>("SELECT count(*) FROM subjects"));
        Assert.Equal(0L, await school.ScalarAsync<long>("SELECT count(*) FROM pg_database WHERE datname LIKE $1", $"{name}\\_%"));
    }

    private static void OnlyTheOwnerReads(string file)
    {
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private async Task<MigratorAnswer> RunAsync(School school, int exitCode, params string[] arguments) =>
        (await MigratorProcess.RunAsync(school.Database.ConnectionString, [arguments[0], "--dir", _folder, .. arguments[1..]])).Expect(exitCode);
}
