using System.CommandLine;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Import;

/// <summary>Takes the replaced system's database over, as often as wanted until people write here.</summary>
internal sealed class ImportCommand : Verb
{
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Do all of it, tell what came of it, and take it back." };

    private static readonly Option<DirectoryInfo?> Media = new("--media")
    {
        HelpName = "DIR",
        Description = "The replaced system's media folder: the files of messages and people's pictures are stored too.",
    };

    public ImportCommand()
        : base("import", "Take over the Django database: the first run everything, later runs what has changed there since.")
    {
        foreach (var option in new Option[] { LegacySource.Option, Media, DryRun }) Options.Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(Media) is { Exists: false } missing) result.AddError($"--media: there is no folder {missing.FullName}.");
        });
    }

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var dryRun = run.Arguments.GetValue(DryRun);
        ImportReport report;
        await using (var source = await LegacyDatabase.OpenAsync(LegacySource.Of(run), cancellationToken).ConfigureAwait(false))
            report = await new Importer(run, dryRun).RunAsync(source, cancellationToken).ConfigureAwait(false);
        var error = (string?)null;
        if (!dryRun && run.Arguments.GetValue(Media) is { } folder)
        {
            try
            {
                report = report with { Media = await new MediaImport(run).RunAsync(folder, cancellationToken).ConfigureAwait(false) };
            }
            catch (Exception failure) when (Refusal.From(failure) is { } refusal)
            {
                // what is committed has its report all the same
                error = $"{refusal.Message}; the database is imported, its files are not all stored: run the import again with --media";
                run.Tell($"import failed: {error}");
            }
        }

        if (dryRun) run.Say("dry run: nothing of this was kept");
        foreach (var line in report.Lines()) run.Say(line);
        return new VerbResult(error is null ? ExitCode.Done : ExitCode.Failed, new { dry_run = dryRun, report, error });
    }
}
