using Microsoft.EntityFrameworkCore;
using Npgsql;
using TheBot.Data;
using TheBot.Data.Schema;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Doctor;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>Proves that the newest backup could be used: reads it into a database of its own, compares, migrates, lets doctor look, and drops it.</summary>
internal sealed class DrillCommand : Verb
{
    public DrillCommand()
        : base("drill", "Restore the newest backup into a database of its own, check it, and drop it. Ends with 3 where it is not what it should be.", DatabaseNeed.Nothing) =>
        Options.Add(BackupFolder.Option);

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var server = await DatabaseServer.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        var backup = BackupFolder.Of(run, server.Database).Newest();
        var written = await RestoredProof.ReadNotedAsync(backup.Path, cancellationToken).ConfigureAwait(false);
        var tools = await server.FindToolsAsync(run, cancellationToken).ConfigureAwait(false);
        await using var scratch = await server.CreateScratchAsync("drill", cancellationToken).ConfigureAwait(false);
        run.Say($"restoring {backup.Path} ({Bytes.Read(backup.Bytes)}) into {scratch.Name}");
        await tools.RestoreAsync(backup.Path, scratch.Name, cancellationToken).ConfigureAwait(false);
        var proof = await RestoredProof.TakeAsync(scratch.ConnectionString, written, cancellationToken).ConfigureAwait(false);
        run.Say($"{(proof.Holds ? "ok" : "fail"),-5} contents: {proof}");

        var migrated = await MigrateAsync(scratch.ConnectionString, cancellationToken).ConfigureAwait(false);
        run.Say($"ok    schema: {(migrated == 0 ? "of this build" : $"{migrated} migrations applied")}");
        await using var database = ChatDatabase.Create(scratch.ConnectionString);
        var checks = await DoctorChecks.RunAsync(database, run.Services, cancellationToken).ConfigureAwait(false);
        var found = checks.Where(check => check.Count > 0).ToList();
        run.Say($"{(found.Count == 0 ? "ok" : "fail"),-5} doctor: {(found.Count == 0 ? "finds nothing" : string.Join(", ", found.Select(check => $"{check.Name} {check.Count}")))}");
        run.Say($"{scratch.Name} is dropped again");
        return new VerbResult(proof.Holds && found.Count == 0 ? ExitCode.Done : ExitCode.ProblemsFound, new { backup = backup.Path, holds = proof.Holds, proof.Found, proof.Written, migrated, checks });
    }

    private static async Task<int> MigrateAsync(string connectionString, CancellationToken cancellationToken)
    {
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql(connectionString).UseChatModel();
        await using var context = new ChatDbContext(options.Options);
        var count = 0;
        await SchemaUpgrade.RunAsync(context, cancellationToken, step: (_, _) => count++).ConfigureAwait(false);
        return count;
    }
}
