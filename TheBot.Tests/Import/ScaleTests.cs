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
        await LegacyScale.WriteAsync(school.Legacy, ScaleFactAttribute.Messages);

        var first = Report(await school.ImportAsync("--json"));
        await school.Legacy.ExecuteAsync("UPDATE chat_message SET content = content || '!' WHERE id % 1000 = 0");
        var delta = Report(await school.ImportAsync("--json"));
        output.WriteLine((await school.VerifyAsync()).Expect(0).Said);

        Assert.True(ScaleFactAttribute.Messages / first.Seconds >= 20_000, $"{ScaleFactAttribute.Messages / first.Seconds:F0} messages/s");
        Assert.True(delta.Seconds < 5, $"delta {delta.Seconds:F1} s");
        Assert.True(Math.Max(first.PeakMib, delta.PeakMib) < 300, $"{first.PeakMib} MiB");
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
