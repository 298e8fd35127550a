using System.Text.Json;
using Npgsql;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Doctor;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>What a restored backup holds, beside what it held when it was written.</summary>
/// <param name="Found">Counts and checksums of the restored database.</param>
/// <param name="Written">Those noted beside the file; null = nothing was noted (a file that came from elsewhere).</param>
internal sealed record RestoredProof(Fingerprint Found, Fingerprint? Written)
{
    public bool Holds => Written is null || Written == Found;

    private static readonly JsonSerializerOptions Whole = new() { RespectRequiredConstructorParameters = true };

    /// <summary>What is noted beside a backup; null = there is no note. Asked for before the long work.</summary>
    /// <exception cref="VerbFailure">The note is damaged.</exception>
    public static async Task<Fingerprint?> ReadNotedAsync(string file, CancellationToken cancellationToken)
    {
        var noted = file + BackupFolder.Holds;
        if (!File.Exists(noted)) return null;
        try
        {
            await using var note = File.OpenRead(noted);
            if (await JsonSerializer.DeserializeAsync<Fingerprint>(note, Whole, cancellationToken).ConfigureAwait(false) is { } written) return written;
        }
        catch (JsonException damaged)
        {
            throw Damaged(damaged);
        }

        throw Damaged(null);

        VerbFailure Damaged(JsonException? why) =>
            new($"{noted} is damaged, so nobody can tell what the backup must hold: use another one, or delete this note to do without the comparison", inner: why);
    }

    public static async Task<RestoredProof> TakeAsync(string connectionString, Fingerprint? written, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        return new RestoredProof(await Fingerprint.TakeAsync(connection, cancellationToken).ConfigureAwait(false), written);
    }

    public override string ToString() => Written is null
        ? $"{Found.Messages} messages, checksum {Found.MessagesChecksum}; nothing was noted when it was written"
        : $"{Found.Messages} of {Written.Messages} messages, checksum {Found.MessagesChecksum}{(Written.MessagesChecksum == Found.MessagesChecksum ? ", as written" : $", written {Written.MessagesChecksum}")}";
}
