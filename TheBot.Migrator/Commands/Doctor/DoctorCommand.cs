using System.CommandLine;
using System.Globalization;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Finds what contradicts the promises of the schema, and repairs it through the log.</summary>
internal sealed class DoctorCommand : Verb
{
    private static readonly Option<bool> Fix = new("--fix") { Description = "Repair what can be repaired, and prove that nothing was lost." };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "With --fix or --undo: tell what would be done, and change nothing." };
    private static readonly Option<int?> Undo = new("--undo")
    {
        HelpName = "RUN",
        Description = "Take the repairs of a run back.",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var run)) return run;
            result.AddError($"--undo: '{result.Tokens[0].Value}' is not the number of a run.");
            return null;
        },
    };

    public DoctorCommand()
        : base("doctor", "Find what is broken in rooms, logs and members. Ends with 3 where it found something that stays.")
    {
        foreach (var option in new Option[] { Fix, DryRun, Undo }) Options.Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(Fix) && result.GetValue(Undo) is not null) result.AddError("--fix and --undo exclude each other.");
        });
    }

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        if (run.Arguments.GetValue(Undo) is { } id) return await UndoAsync(run, id, cancellationToken).ConfigureAwait(false);
        var before = await DoctorChecks.RunAsync(run.Database, run.Services, cancellationToken).ConfigureAwait(false);
        Say(run, before);
        if (run.Arguments.GetValue(Fix) && !run.Arguments.GetValue(DryRun))
        {
            return before.Exists(c => c.Count > 0 && c.Repairable)
                ? await FixAsync(run, before, cancellationToken).ConfigureAwait(false)
                : await FinishStoppedAsync(run, before, cancellationToken).ConfigureAwait(false);
        }

        if (run.Arguments.GetValue(Fix)) run.Say($"--fix would repair {before.Where(c => c.Repairable).Sum(c => c.Count)} of {before.Sum(c => c.Count)}");
        return new VerbResult(ExitCodeOf(before), new { checks = before });
    }

    /// <summary>A run that was killed after its last repair has nothing left to do, but to be known by its number.</summary>
    private static async Task<VerbResult> FinishStoppedAsync(VerbRun run, List<CheckResult> checks, CancellationToken cancellationToken)
    {
        await using var stopped = await DoctorRun.StoppedAsync(run, cancellationToken).ConfigureAwait(false);
        if (stopped is null || await stopped.FinishAsync(cancellationToken).ConfigureAwait(false) is not (> 0 and var count)) return new VerbResult(ExitCodeOf(checks), new { checks });
        run.Say($"run {stopped.Id}, which was stopped, had nothing left to do: {count} repairs; doctor --undo {stopped.Id} takes them back");
        return new VerbResult(ExitCodeOf(checks), new { run = stopped.Id, repairs = count, checks });
    }

    private static async Task<VerbResult> FixAsync(VerbRun run, List<CheckResult> before, CancellationToken cancellationToken)
    {
        await using var repairs = await DoctorRun.BeginAsync(run, cancellationToken).ConfigureAwait(false);
        var had = await Fingerprint.TakeAsync(run, cancellationToken).ConfigureAwait(false);
        await DoctorRepairs.RunAsync(repairs, cancellationToken).ConfigureAwait(false);
        var has = await Fingerprint.TakeAsync(run, cancellationToken).ConfigureAwait(false);
        var count = await repairs.FinishAsync(cancellationToken).ConfigureAwait(false);
        var after = await DoctorChecks.RunAsync(run.Database, run.Services, cancellationToken).ConfigureAwait(false);

        run.Say("");
        run.Say($"{"proof",-24} {"before",22} {"after",22}");
        foreach (var (check, now) in before.Zip(after).Where(pair => pair.First.Count > 0 || pair.Second.Count > 0)) Say(run, check.Name, check.Count, now.Count);
        Say(run, "messages", had.Messages, has.Messages);
        Say(run, "  checksum", had.MessagesChecksum, has.MessagesChecksum);
        Say(run, "edits", had.Edits, has.Edits);
        Say(run, "  checksum", had.EditsChecksum, has.EditsChecksum);
        Say(run, "reactions", had.Reactions, has.Reactions);
        Say(run, "  checksum", had.ReactionsChecksum, has.ReactionsChecksum);
        Say(run, "pins", had.Pins, has.Pins);
        if (count > 0) run.Say($"run {repairs.Id}: {count} repairs; doctor --undo {repairs.Id} takes them back");

        // whoever writes meanwhile changes them, too: then the proof has to be looked at, and nothing is called done
        if (had != has) run.Say("the checksums differ: either people wrote meanwhile, or something is wrong; run doctor again");
        return new VerbResult(
            had == has ? ExitCodeOf(after) : ExitCode.ProblemsFound,
            new { run = count > 0 ? repairs.Id : (long?)null, repairs = count, before = new { checks = before, proof = had }, after = new { checks = after, proof = has } });
    }

    private static async Task<VerbResult> UndoAsync(VerbRun run, long id, CancellationToken cancellationToken)
    {
        await using var repairs = await DoctorRun.OpenAsync(run, id, cancellationToken).ConfigureAwait(false);
        if (run.Arguments.GetValue(DryRun))
        {
            var standing = await repairs.StandingRepairsAsync(cancellationToken).ConfigureAwait(false);
            foreach (var (n, kind, _) in standing) run.Say($"would take back {n}: {kind.Replace('_', ' ')}");
            return VerbResult.Done(new { run = id, repairs = standing.Select(r => new { r.N, r.Kind }) });
        }

        var (back, kept) = await DoctorUndo.RunAsync(repairs, cancellationToken).ConfigureAwait(false);
        run.Say($"run {id}: {back} repairs taken back, {kept} kept; rooms and members that follow from the roster stay as it says");
        return VerbResult.Done(new { run = id, taken_back = back, kept });
    }

    private static void Say(VerbRun run, List<CheckResult> checks)
    {
        foreach (var check in checks)
        {
            run.Say(string.Create(CultureInfo.InvariantCulture, $"{(check.Count == 0 ? "ok" : check.Repairable ? "fix" : "look"),-5} {check.Name,-26} {check.Count,8:N0}"));
            foreach (var finding in check.Examples) run.Say($"        {(finding.RoomId is { } room ? $"room {room}: " : "")}{finding.Detail}");
            if (check.Count > check.Examples.Count && check.Examples.Count > 1) run.Say(string.Create(CultureInfo.InvariantCulture, $"        and {check.Count - check.Examples.Count:N0} more"));
        }
    }

    private static void Say<T>(VerbRun run, string what, T before, T after) =>
        run.Say(string.Create(CultureInfo.InvariantCulture, $"{what,-24} {before,22} {after,22}"));

    private static ExitCode ExitCodeOf(List<CheckResult> checks) => checks.Exists(c => c.Count > 0) ? ExitCode.ProblemsFound : ExitCode.Done;
}
