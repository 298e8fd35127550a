using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Data.Roster;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backfill;

/// <summary>Lets rooms and members follow the roster, from any state.</summary>
internal sealed class BackfillCommand : Verb
{
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Tell what there is to do, and change nothing." };

    public BackfillCommand()
        : base("backfill", "Let rooms and members follow the roster, from any state. Run again, it finds nothing to do.") =>
        Options.Add(DryRun);

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var dryRun = run.Arguments.GetValue(DryRun);
        var report = await ConvergeAsync(run, dryRun, cancellationToken).ConfigureAwait(false);
        run.Say($"{(dryRun ? "to do" : "done")}: {report}");
        return VerbResult.Done(new { dry_run = dryRun, report });
    }

    /// <summary>The work itself, for whichever verb asks for it.</summary>
    public static async Task<ProvisionReport> ConvergeAsync(VerbRun run, bool dryRun, CancellationToken cancellationToken)
    {
        await using var command = run.Database.CreateCommand("SELECT count(DISTINCT student_id) FROM enrollments");
        var students = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        using var progress = run.Progress("students", students);
        return await run.Services.GetRequiredService<RoomProvisioner>().ConvergeEverythingAsync(dryRun, cancellationToken, progress).ConfigureAwait(false);
    }
}
