using System.Diagnostics;
using System.Globalization;
using TheBot.Tests.Import;
using Xunit.Abstractions;

namespace TheBot.Tests.Migrator;

/// <summary>kill -9 at moments that nobody chose, as often as <c>THEBOT_KILLS</c> says: whoever starts the verb again ends where an undisturbed run does.</summary>
/// <remarks>Every build kills at chosen steps (see the tests of each verb); here it is the moment that matters, so these wait for a time.</remarks>
[Collection(ScratchPostgresTests.Name)]
public sealed class KilledAnywhereTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    private const string Kills = "THEBOT_KILLS";

    [OnRequestFact(Kills)]
    public async Task An_import()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await LegacyScale.WriteAsync(school.Legacy, 20_000);
        string[] import = ["import", "--from", school.Legacy.ConnectionString];
        var started = Stopwatch.GetTimestamp();
        await using var straight = await school.AnotherAsync(postgres);
        await KillAsync(Stopwatch.GetElapsedTime(started), school.Ours.Database.ConnectionString, import);
        Assert.Equal(await ImportedSchool.StateAsync(straight), await ImportedSchool.StateAsync(school.Ours));
        (await school.VerifyAsync()).Expect(0);
    }

    [OnRequestFact(Kills)]
    public async Task A_backfill()
    {
        await using var straight = await Roster.School.OpenAsync(postgres);
        await using var school = await Roster.School.OpenAsync(postgres);
        foreach (var each in new[] { straight, school }) await each.ExecuteAsync(BackfillTests.Roster(6_000));
        var started = Stopwatch.GetTimestamp();
        (await MigratorProcess.RunAsync(straight.Database.ConnectionString, "backfill")).Expect(0);
        await KillAsync(Stopwatch.GetElapsedTime(started) / 5, school.Database.ConnectionString, "backfill");
        Assert.Equal(await straight.ScalarAsync<string>(BackfillTests.State), await school.ScalarAsync<string>(BackfillTests.State));
        await school.LogsAgreeAsync();
    }

    [OnRequestFact(Kills)]
    public async Task A_doctor()
    {
        await using var straight = await BrokenSchool.OpenAsync(postgres, more: 100);
        await using var school = await BrokenSchool.OpenAsync(postgres, more: 100);
        var started = Stopwatch.GetTimestamp();
        (await MigratorProcess.RunAsync(straight.ConnectionString, "doctor", "--fix")).Expect(0);
        await KillAsync(Stopwatch.GetElapsedTime(started) / 2, school.ConnectionString, "doctor", "--fix");
        Assert.Equal(await straight.School.ScalarAsync<string>(DoctorTests.State), await school.School.ScalarAsync<string>(DoctorTests.State));
        await school.School.LogsAgreeAsync();
    }

    /// <summary>Kills the verb so many times within the time that it may take, and lets it end at last.</summary>
    private async Task KillAsync(TimeSpan within, string database, params string[] arguments)
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable(Kills)!, CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var struck = 0;
        for (var n = 0; n < kills; n++)
        {
            await using var migrator = MigratorProcess.Start(database, arguments);
            await Task.Delay(within * random.NextDouble());
            if (migrator.IsRunning) struck++;
            await migrator.KillAsync();
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{arguments[0]}: {struck} of {kills} kills struck it at work within {within.TotalSeconds:F1} s (seed {seed})"));
        Assert.NotEqual(0, struck);
        (await MigratorProcess.RunAsync(database, arguments)).Expect(0);
    }
}
