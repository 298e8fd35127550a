using System.CommandLine;
using System.Data;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Doctor;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>Writes the database into a file, beside what it must hold when it is read again, and does away with old ones.</summary>
internal sealed class BackupCommand : Verb
{
    private static readonly Option<int> Keep = Number("--keep", "N", 14, (1, 10_000), "How many backups to keep, this one included.");

    public BackupCommand()
        : base("backup", "Write the database into a file, and keep the newest ones.", DatabaseNeed.Answers)
    {
        Options.Add(BackupFolder.Option);
        Options.Add(Keep);
    }

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var tools = await PostgresTools.FindAsync(run, connection, cancellationToken).ConfigureAwait(false);
        var folder = BackupFolder.Of(run, connection.Database);
        folder.Create();
        var file = folder.NewName(run.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        try
        {
            // one snapshot for the file and for what is noted beside it, however much people write meanwhile
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            var snapshot = (await Rows.ReadAsync(connection, "SELECT pg_export_snapshot()", row => row.GetString(0), cancellationToken).ConfigureAwait(false))[0];
            await BackupFolder.CreateFile(file + BackupFolder.Unfinished).DisposeAsync().ConfigureAwait(false);
            await using (var progress = await DumpProgress.StartAsync(run, connection, cancellationToken).ConfigureAwait(false))
                await tools.DumpAsync(snapshot, file + BackupFolder.Unfinished, progress.Hear, cancellationToken).ConfigureAwait(false);
            var holds = await Fingerprint.TakeAsync(connection, cancellationToken).ConfigureAwait(false);
            await using (var beside = BackupFolder.CreateFile(file + BackupFolder.Holds))
                await JsonSerializer.SerializeAsync(beside, holds, cancellationToken: cancellationToken).ConfigureAwait(false);
            File.Move(file + BackupFolder.Unfinished, file);
        }
        catch
        {
            File.Delete(file + BackupFolder.Holds);
            throw;
        }
        finally
        {
            File.Delete(file + BackupFolder.Unfinished);
        }

        var old = folder.List().Skip(run.Arguments.GetValue(Keep)).ToList();
        foreach (var backup in old) BackupFolder.Delete(backup);
        var size = new FileInfo(file).Length;
        run.Say($"{file}: {Bytes.Read(size)}");
        foreach (var backup in old) run.Say($"deleted {backup.Path}");
        return VerbResult.Done(new { file, bytes = size, deleted = old.Select(backup => backup.Path) });
    }
}
