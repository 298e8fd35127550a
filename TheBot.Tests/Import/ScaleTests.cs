using System.Globalization;
using Xunit.Abstractions;

namespace TheBot.Tests.Import;

/// <summary>How fast an import is, and how much memory it takes. Not part of every run: see <see cref="ScaleFactAttribute"/>.</summary>
[Collection(ScratchPostgresTests.Name)]
public class ScaleTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [ScaleFact]
    public async Task Twenty_thousand_messages_a_second_in_three_hundred_megabytes_and_a_delta_in_five_seconds()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        await LegacyScale.WriteAsync(school.Legacy, ScaleFactAttribute.Messages, Patience);

        var first = Report(await RunAsync(school, "import", "--json"));
        await school.Legacy.ExecuteLongAsync("UPDATE chat_message SET content = content || '!' WHERE id % 1000 = 0", Patience);
        var delta = Report(await RunAsync(school, "import", "--json"));
        output.WriteLine((await RunAsync(school, "verify")).Expect(0).Said);

        Assert.True(ScaleFactAttribute.Messages / first.Seconds >= 20_000, $"{ScaleFactAttribute.Messages / first.Seconds:F0} messages/s");
        // a delta compares all that is there: its limit is given for 300,000 messages
        var limit = 5 * Math.Max(1, ScaleFactAttribute.Messages / 300_000.0);
        Assert.True(delta.Seconds < limit, $"delta {delta.Seconds:F1} s, at most {limit:F0}");
        Assert.True(Math.Max(first.PeakMib, delta.PeakMib) < 300, $"{first.PeakMib} MiB");
    }

    /// <summary>What ten times the messages need, with room to spare.</summary>
    private static TimeSpan Patience => Deadline.Patience * Math.Max(1, ScaleFactAttribute.Messages / 100_000.0);

    private static async Task<MigratorAnswer> RunAsync(ImportedSchool school, string verb, params string[] options)
    {
        await using var migrator = MigratorProcess.Start(school.Ours.Database.ConnectionString, [verb, "--from", school.Legacy.ConnectionString, .. options]);
        return await migrator.EndAsync(Patience);
    }

    private (double Seconds, long PeakMib) Report(MigratorAnswer answer)
    {
        var report = answer.Expect(0).Json["result"]!["report"]!;
        var (seconds, peak, rooms) = ((double)report["seconds"]!, (long)report["peak_memory_mib"]!, (long)report["rooms_made"]!);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rooms} rooms in {seconds:F1} s, {peak} MiB at most"));
        return (seconds, peak);
    }
}

/// <summary>Only where <c>THEBOT_IMPORT_MESSAGES</c> says how many messages there shall be (300000, for example): it needs the machine for itself.</summary>
internal sealed class ScaleFactAttribute : FactAttribute
{
    public ScaleFactAttribute()
    {
        if (Messages == 0) Skip = "set THEBOT_IMPORT_MESSAGES to a number of messages";
    }

    public static int Messages { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("THEBOT_IMPORT_MESSAGES"), NumberStyles.None, CultureInfo.InvariantCulture, out var messages) ? messages : 0;
}
