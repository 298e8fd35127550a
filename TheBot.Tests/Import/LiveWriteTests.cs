using System.Net;
using System.Net.Http.Json;

namespace TheBot.Tests.Import;

/// <summary>Whoever writes here while an import runs loses nothing that was acknowledged, and an import does not stand in the way for longer than it may.</summary>
[Collection(ScratchPostgresTests.Name)]
public class LiveWriteTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task What_is_written_between_the_check_of_an_import_and_its_end_is_stored_after_it()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var (legacy, ours) = (school.Legacy, school.Ours);
        var defects = await DefectiveSchool.WriteAsync(legacy);
        var (people, places) = (defects.People, defects.Places);
        (await school.ImportAsync()).Expect(0);
        await legacy.SayAsync(places["physics"], people["anna"], "там");

        await using var redis = await ScratchRedis.StartAsync();
        await using var api = await ApiProcess.StartAsync(ours.Database.ConnectionString, redis);
        using var teacher = api.Rest(new string('a', 40));
        await using var import = MigratorProcess.Start(ours.Database.ConnectionString, "import", "--from", legacy.ConnectionString);
        Task<HttpResponseMessage> message;
        Task guardian;
        await using (await school.HoldAsync("enrollments"))
        {
            // it has looked for what people did here, and takes the room away when it goes on
            await school.ImportWaitsForAsync("enrollments");
            message = teacher.PostAsJsonAsync($"/api/v1/rooms/{places["physics"]}/messages", new { content = "здесь" });
            guardian = ours.GuardianAsync(people["anna"], people["formerMother"]);
            await WaitsOrEndsAsync(message, "rooms");
            await WaitsOrEndsAsync(guardian, "users");
        }

        (await import.EndAsync()).Expect(0);
        using var sent = await message;
        await guardian;
        Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        Assert.Equal(
            ["там", "здесь"],
            await ours.QueryAsync("SELECT content FROM messages WHERE room_id = $1 AND content IN ('там', 'здесь') ORDER BY seq", row => row.GetString(0), places["physics"]));
        Assert.Equal(1L, await ours.ScalarAsync<long>("SELECT count(*) FROM guardianships WHERE student_id = $1 AND guardian_id = $2", people["anna"], people["formerMother"]));
        await ours.LogsAgreeAsync();
        Assert.Contains("people use this system already", (await school.ImportAsync()).Expect(1).Errors, StringComparison.Ordinal);

        Task WaitsOrEndsAsync(Task writer, string table) => Deadline.UntilAsync(
            async () => writer.IsCompleted || await ours.ScalarAsync<bool>(
                """
                SELECT EXISTS (
                    SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                    WHERE NOT l.granted AND l.relation = $1::regclass AND a.datname = current_database() AND a.application_name <> 'thebot-migrator')
                """,
                table),
            waitsOrEnded => waitsOrEnded,
            $"a writer that waits for {table}, or has written");
    }

    [Fact]
    public async Task An_import_stands_in_line_for_others_as_long_as_it_may_and_no_longer()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await DefectiveSchool.WriteAsync(school.Legacy);
        await using var held = await school.HoldAsync("enrollments");
        var answer = (await school.ImportAsync("--lock-timeout", "1", "--wait", "86400")).Expect(1);
        Assert.Contains("others hold what it needs", answer.Errors, StringComparison.Ordinal);
    }
}
