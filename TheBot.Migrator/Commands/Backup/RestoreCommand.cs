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

    // the database may be the one thing that is gone
    public RestoreCommand()
        : base("restore", "Put a backup in the place of the database.", DatabaseNeed.Nothing)
    {
        Arguments.Add(Source);
        Options.Add(BackupFolder.Option);
        Options.Add(Force);
    }

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var server = await DatabaseServer.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        var folder = BackupFolder.Of(run, server.Database);
        var file = run.Arguments.GetValue(Source) is { } named ? Path.GetFullPath(named) : folder.Newest().Path;
        if (!File.Exists(file)) throw new VerbFailure($"there is no {file}");
        if (!run.Arguments.GetValue(Force) && await server.HoldsSomethingAsync(server.Database, cancellationToken).ConfigureAwait(false))
            throw new VerbFailure($"{server.Database} is not empty: --force renames it and puts the backup in its place");

        var written = await RestoredProof.ReadNotedAsync(file, cancellationToken).ConfigureAwait(false);
        var tools = await server.FindToolsAsync(run, cancellationToken).ConfigureAwait(false);
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
