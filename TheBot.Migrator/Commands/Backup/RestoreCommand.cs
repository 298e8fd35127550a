using System.CommandLine;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>Puts a backup in the place of the database.</summary>
/// <remarks>It is read into a database beside it first and takes the name only when it is whole; what was there before is kept under another name.</remarks>
internal sealed class RestoreCommand : Verb
{
    private static readonly Argument<string?> Source = Word("FILE", "The backup; the newest by default.");

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace a database that holds something; it is renamed, and everybody connected to it is cut off.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Tell what would be put in whose place, and change nothing." };

    // the database may be the one thing that is gone
    public RestoreCommand()
        : base("restore", "Put a backup in the place of the database.", DatabaseNeed.Nothing)
    {
        Arguments.Add(Source);
        Options.Add(BackupFolder.Option);
        Options.Add(Force);
        Options.Add(DryRun);
    }

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var server = await DatabaseServer.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        var folder = BackupFolder.Of(run, server.Database);
        var file = run.Arguments.GetValue(Source) is { } named ? Path.GetFullPath(named) : folder.Newest().Path;
        if (!File.Exists(file)) throw new VerbFailure($"there is no {file}");
        var holds = await server.HoldsSomethingAsync(server.Database, cancellationToken).ConfigureAwait(false);
        if (holds && !run.Arguments.GetValue(Force) && !run.Arguments.GetValue(DryRun))
            throw new VerbFailure($"{server.Database} is not empty: --force renames it and puts the backup in its place");

        var written = await RestoredProof.ReadNotedAsync(file, cancellationToken).ConfigureAwait(false);
        var tools = await server.FindToolsAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Arguments.GetValue(DryRun))
        {
            var tables = (await tools.ListAsync(file, cancellationToken).ConfigureAwait(false)).Tables;
            run.Say($"would restore {file}: {Bytes.Read(new FileInfo(file).Length)}, {tables} tables{(written is null ? "" : $", {written.Messages} messages")}");
            run.Say(holds ? $"{server.Database} is not empty: with --force it would be kept under another name, and everybody connected to it cut off" : $"nothing is in {server.Database}");
            return VerbResult.Done(new { dry_run = true, file, tables, written, replaces = holds });
        }

        await using var fresh = await server.CreateScratchAsync("restore", cancellationToken).ConfigureAwait(false);
        await tools.RestoreAsync(file, fresh.Name, cancellationToken).ConfigureAwait(false);
        var proof = await RestoredProof.TakeAsync(fresh.ConnectionString, written, cancellationToken).ConfigureAwait(false);
        if (!proof.Holds) throw new VerbFailure($"{file} does not hold what it held when it was written ({proof}); nothing was replaced");

        var kept = await server.ReplaceAsync(fresh, cancellationToken).ConfigureAwait(false);
        run.Say($"{server.Database} is {file}: {proof}");
        if (kept is not null) run.Say($"what was there is {kept} now; when it is needed no longer: DROP DATABASE {kept}");
        return VerbResult.Done(new { file, proof.Found, kept });
    }
}
