using System.Runtime.CompilerServices;
using Npgsql;

namespace TheBot.Data.Media;

/// <summary>Stored files, read piece by piece by whoever may see what they belong to.</summary>
public sealed class MediaStore(NpgsqlDataSource database)
{
    /// <summary>Bytes of one piece, but for a file's last one.</summary>
    public const int ChunkBytes = 256 * 1024;

    // $1 path, $2 reader. The whole path or nothing: neither its folder nor a part of the name finds a file. What belongs to a message is for those
    // who may read the message now; a person's picture is for everybody at school.
    private const string Find =
        """
        SELECT f.content_type, f.size
        FROM media f
        WHERE f.path = $1 AND (
            EXISTS (
                SELECT
                FROM attachments a
                JOIN messages m ON m.id = a.message_id AND m.deleted_at IS NULL
                JOIN room_readers r ON r.room_id = m.room_id AND r.user_id = $2 AND m.seq > r.visible_from_seq
                WHERE a.file = $1 OR a.image = $1)
            OR EXISTS (SELECT FROM users u WHERE u.avatar = $1 AND u.deleted_at IS NULL))
        """;

    /// <summary>A file that this person may see; null = no such file, or none for them: the two are not told apart.</summary>
    /// <param name="path">Below the media root, to the letter.</param>
    /// <param name="readerId">Who asks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<StoredFile?> FindAsync(string path, long readerId, CancellationToken cancellationToken)
    {
        // Postgres takes no NUL, so no file is called that
        if (path.Contains('\0', StringComparison.Ordinal)) return null;
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = path });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await row.ReadAsync(cancellationToken).ConfigureAwait(false) ? new StoredFile(path, row.GetString(0), row.GetInt64(1)) : null;
    }

    /// <summary>The pieces of a file, in order; no more than one is held at a time, and no connection between two: readers may be slow, and many.</summary>
    public async IAsyncEnumerable<byte[]> ReadAsync(StoredFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        for (var nth = 0; await ReadAsync(file.Path, nth, cancellationToken).ConfigureAwait(false) is { } piece; nth++) yield return piece;
    }

    private async Task<byte[]?> ReadAsync(string path, int nth, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT bytes FROM media_chunks WHERE path = $1 AND nth = $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = path });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = nth });
        return (byte[]?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <param name="Path">Below the media root.</param>
/// <param name="ContentType">By its first bytes.</param>
/// <param name="Size">Bytes.</param>
public sealed record StoredFile(string Path, string ContentType, long Size);
