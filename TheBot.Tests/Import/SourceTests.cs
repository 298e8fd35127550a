namespace TheBot.Tests.Import;

/// <summary>The replaced system goes on living while it is read, and is only read.</summary>
[Collection(ScratchPostgresTests.Name)]
public class SourceTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task What_is_said_there_during_a_run_comes_with_the_next_one_and_nothing_comes_by_halves()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var legacy = school.Legacy;
        var defects = await DefectiveSchool.WriteAsync(legacy);
        var before = await legacy.QueryAsync("SELECT id, content FROM chat_message ORDER BY id", row => (row.GetInt64(0), row.GetString(1)));
        await using (var migrator = MigratorProcess.Start(school.Ours.Database.ConnectionString, "import", "--from", legacy.ConnectionString))
        {
            await using (await school.HoldAsync("enrollments"))
            {
                // by now it has read people and rooms, and the messages are still to come
                await school.ImportWaitsForAsync("enrollments");
                var late = await legacy.PersonAsync("teacher", "Поздний", "Учитель");
                await legacy.SayAsync(defects.Places["class"], late, "во время переноса");
                await legacy.SayAsync(await legacy.RoomAsync("group", "Новая", late), late, "в новой комнате");
                await legacy.ExecuteAsync("UPDATE chat_message SET content = 'исправлено во время переноса' WHERE id = $1", defects.Messages["edited"]);
                await legacy.ExecuteAsync("DELETE FROM chat_message WHERE id = $1", defects.Messages["early"]);
            }

            (await migrator.EndAsync()).Expect(0);
        }

        Assert.Equal(before, await school.Ours.QueryAsync("SELECT id, content FROM messages ORDER BY id", row => (row.GetInt64(0), row.GetString(1))));
        (await school.VerifyAsync()).Expect(3);
        (await school.ImportAsync()).Expect(0);
        (await school.VerifyAsync()).Expect(0);
    }

    [Fact]
    public async Task One_without_people_is_imported_and_followed_like_any_other()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        Assert.Equal(1, await RoomsMadeAsync());
        (await school.VerifyAsync()).Expect(0);
        Assert.Equal(0, await RoomsMadeAsync());
        await school.Legacy.EnrollmentAsync(
            await school.Legacy.StudentAsync("Анна", "Смирнова"), await school.Legacy.SubjectAsync("Физика"), await school.Legacy.PersonAsync("teacher", "Пётр", "Кузнецов"));
        Assert.Equal(2, await RoomsMadeAsync());
        (await school.VerifyAsync()).Expect(0);
        (await MigratorProcess.RunAsync(school.Ours.Database.ConnectionString, "doctor")).Expect(0);

        async Task<long> RoomsMadeAsync() => (long)(await school.ImportAsync("--json")).Expect(0).Json["result"]!["report"]!["rooms_made"]!;
    }

    [Theory]
    [InlineData("import")]
    [InlineData("verify")]
    public async Task A_source_that_would_change_by_being_read_is_refused(string verb)
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await school.Legacy.ExecuteAsync(
            """
            ALTER TABLE materials_subject RENAME TO subject_rows;
            CREATE TABLE readings (at timestamptz);
            CREATE FUNCTION note_and_read() RETURNS SETOF subject_rows LANGUAGE sql AS 'INSERT INTO readings VALUES (now()); SELECT * FROM subject_rows';
            CREATE VIEW materials_subject AS SELECT * FROM note_and_read()
            """);
        var answer = (await MigratorProcess.RunAsync(school.Ours.Database.ConnectionString, verb, "--from", school.Legacy.ConnectionString)).Expect(1);
        Assert.Contains("read-only transaction", answer.Errors, StringComparison.Ordinal);
        Assert.Equal([0L], await school.Legacy.QueryAsync("SELECT count(*) FROM readings", row => row.GetInt64(0)));
    }

    [Fact]
    public async Task Its_password_need_not_be_on_a_command_line()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await DefectiveSchool.WriteAsync(school.Legacy);
        var ours = school.Ours.Database.ConnectionString;
        foreach (var verb in new[] { "import", "verify" })
        {
            await using (var configured = MigratorProcess.Start(ours, [("ConnectionStrings__legacy", school.Legacy.ConnectionString)], verb))
                (await configured.EndAsync()).Expect(0);
            await using (var wrong = MigratorProcess.Start(ours, [("ConnectionStrings__legacy", "Host=127.0.0.1;Frobnicate=1")], verb))
                Assert.Contains("ConnectionStrings:legacy: ", (await wrong.EndAsync()).Expect(2).Errors, StringComparison.Ordinal);
            var refused = (await MigratorProcess.RunAsync(ours, verb)).Expect(2).Errors;
            Assert.Contains("ConnectionStrings__legacy", refused, StringComparison.Ordinal);
            Assert.Contains("--from", refused, StringComparison.Ordinal);
        }
    }
}
