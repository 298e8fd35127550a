using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Data;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Import;

namespace TheBot.Migrator.Commands.Verify;

/// <summary>Whether what was imported is what there is, before the switch: what people do here afterwards is a difference, too.</summary>
internal sealed class VerifyCommand : Verb
{
    public VerifyCommand()
        : base("verify", "Compare the Django database with ours, message by message, before people use ours. Changes nothing on either side. Ends with 3 where something differs.") =>
        Options.Add(LegacySource.Option);

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var database = run.Services.GetRequiredService<IConfiguration>().GetConnectionString(ChatDatabase.ConnectionName)!;
        var source = LegacySource.Of(run);
        await using var legacy = await VerifySession.OpenAsync(source.ConnectionString, source.Name, cancellationToken).ConfigureAwait(false);
        await using var ours = await VerifySession.OpenAsync(database, ChatDatabase.ConnectionName, cancellationToken).ConfigureAwait(false);
        VerifyReport report;
        var messages = await legacy.ReadAsync(VerifySql.LegacyTotal, row => row.GetInt64(0), cancellationToken).SingleAsync(cancellationToken).ConfigureAwait(false);
        using (var progress = run.Progress("messages", messages)) report = await new Verification(legacy, ours, progress).RunAsync(cancellationToken).ConfigureAwait(false);

        run.Say($"compared {report.Messages} messages, {report.Rooms} rooms, {report.Members} members, {report.Tokens} tokens");
        run.Say($"checksum of messages: theirs {report.LegacyChecksum}, ours {report.OurChecksum}");
        foreach (var (kind, count, first) in report.Problems)
        {
            run.Say($"{kind}: {count}");
            foreach (var problem in first) run.Say($"  {problem}");
            if (count > first.Count) run.Say("  ...");
        }

        if (report.ProblemCount == 0) run.Say("nothing differs");
        return new VerbResult(
            report.ProblemCount == 0 ? ExitCode.Done : ExitCode.ProblemsFound,
            new
            {
                report.Messages,
                report.Rooms,
                report.Members,
                report.Tokens,
                checksum_theirs = report.LegacyChecksum.ToString(),
                checksum_ours = report.OurChecksum.ToString(),
                problems = report.Problems.Select(p => new { p.Kind, p.Count, p.First }),
            });
    }
}
