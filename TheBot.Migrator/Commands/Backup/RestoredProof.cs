using System.Text.Json;
using Npgsql;
using TheBot.Migrator.Commands.Doctor;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>What a restored backup holds, beside what it held when it was written.</summary>
/// <param name="Found">Counts and checksums of the restored database.</param>
/// <param name="Written">Those noted beside the file; null = nothing was noted (a file that came from elsewhere).</param>
internal sealed record RestoredProof(Fingerprint Found, Fingerprint? Written)
{
    public bool Holds => Written is null || Written == Found;

    public static async Task<RestoredProof> TakeAsync(string connectionString, string file, CancellationToken cancellationToken)
    {
        var noted = file + BackupFolder.Holds;
        var written = File.Exists(noted) ? JsonSerializer.Deserialize<Fingerprint>(await File.ReadAllTextAsync(noted, cancellationToken).ConfigureAwait(false)) : null;
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        return new RestoredProof(await Fingerprint.TakeAsync(connection, cancellationToken).ConfigureAwait(false), written);
    }

    public override string ToString() => Written is null
        ? $"{Found.Messages} messages, checksum {Found.MessagesChecksum}; nothing was noted when it was written"
        : $"{Found.Messages} of {Written.Messages} messages, checksum {Found.MessagesChecksum}{(Written.MessagesChecksum == Found.MessagesChecksum ? ", as written" : $", written {Written.MessagesChecksum}")}";
}
