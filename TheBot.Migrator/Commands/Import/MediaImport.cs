using Npgsql;
using NpgsqlTypes;
using TheBot.Data.Media;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Import;

/// <summary>Stores the files that messages and people name, each in a transaction of its own; one that is stored already and has not changed is left out.</summary>
internal sealed class MediaImport(VerbRun run)
{
    /// <summary>What the replaced system let through at most.</summary>
    private const long MaxBytes = 100L * 1024 * 1024;

    private const int PathsPerPage = 500;

    private const string Paths =
        """
        (SELECT file AS path FROM attachments WHERE file IS NOT NULL
        UNION SELECT image FROM attachments WHERE image IS NOT NULL
        UNION SELECT avatar FROM users WHERE avatar IS NOT NULL)
        """;

    private const string Count = $"SELECT count(*) FROM {Paths} AS named";

    private const string Page =
        $"""
        SELECT named.path, m.size, m.modified_at
        FROM {Paths} AS named
        LEFT JOIN media m ON m.path = named.path
        WHERE named.path > $1
        ORDER BY named.path
        LIMIT $2
        """;

    private const string Complete =
        $"""
        UPDATE attachments a SET file_size = m.size FROM media m WHERE m.path = a.file AND a.file_size IS DISTINCT FROM m.size;
        DELETE FROM media m WHERE NOT EXISTS (SELECT FROM {Paths} AS named WHERE named.path = m.path)
        """;

    private long _stored;
    private long _unchanged;
    private long _missing;
    private long _refused;

    public async Task<MediaReport> RunAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        await using var count = run.Database.CreateCommand(Count);
        var total = (long)(await count.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        using var progress = run.Progress("files", total);
        await using (var forget = run.Database.CreateCommand("DELETE FROM legacy.findings WHERE kind LIKE 'file_%'"))
            await forget.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);

        var after = "";
        while (await NextAsync(after, cancellationToken).ConfigureAwait(false) is { Count: > 0 } page)
        {
            foreach (var named in page)
            {
                await OneAsync(folder, named, cancellationToken).ConfigureAwait(false);
                progress.Report(_stored + _unchanged + _missing + _refused);
            }

            after = page[^1].Path;
        }

        await using var complete = run.Database.CreateCommand(Complete);
        await complete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return new MediaReport(_stored, _unchanged, _missing, _refused);
    }

    private async Task OneAsync(DirectoryInfo folder, NamedFile named, CancellationToken cancellationToken)
    {
        if (Find(folder, named.Path) is not { } file)
        {
            _refused++;
            await TellAsync("file_refused", named.Path, "leads out of the media folder", cancellationToken).ConfigureAwait(false);
        }
        else if (!file.Exists)
        {
            _missing++;
            await TellAsync("file_missing", named.Path, "is not in the media folder", cancellationToken).ConfigureAwait(false);
        }
        else if (file.Length > MaxBytes)
        {
            _refused++;
            await TellAsync("file_refused", named.Path, $"has {file.Length} bytes, more than {MaxBytes}", cancellationToken).ConfigureAwait(false);
        }
        else if (named.Size == file.Length && named.ModifiedAt == ModifiedAt(file))
        {
            _unchanged++;
        }
        else
        {
            _stored++;
            var contentType = await StoreAsync(file, named.Path, cancellationToken).ConfigureAwait(false);
            if (MediaAddress.TypeOf(named.Path) == MediaAddress.ImageType && !MediaContent.IsPicture(contentType))
                await TellAsync("file_no_picture", named.Path, $"is called a picture and is {contentType}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The file of a path below the folder; null where the path leads elsewhere, by dots or by a link.</summary>
    private static FileInfo? Find(DirectoryInfo folder, string path)
    {
        var parts = path.Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.Contains('\\', StringComparison.Ordinal) || part.Contains('\0', StringComparison.Ordinal))) return null;
        var at = folder.FullName;
        foreach (var part in parts)
        {
            at = Path.Combine(at, part);
            if (new FileInfo(at).LinkTarget is not null) return null;
        }

        return new FileInfo(at);
    }

    private async Task<string> StoreAsync(FileInfo file, string path, CancellationToken cancellationToken)
    {
        await using var content = file.OpenRead();
        var piece = new byte[MediaStore.ChunkBytes];
        var length = await content.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var contentType = MediaContent.TypeOf(piece.AsSpan(0, Math.Min(length, MediaContent.HeadBytes)));

        await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var replace = new NpgsqlCommand(
            "WITH old AS (DELETE FROM media_chunks WHERE path = $1) INSERT INTO media (path, content_type, size, modified_at) VALUES ($1, $2, $3, $4) "
            + "ON CONFLICT (path) DO UPDATE SET content_type = excluded.content_type, size = excluded.size, modified_at = excluded.modified_at",
            connection);
        replace.Parameters.Add(new NpgsqlParameter<string> { TypedValue = path });
        replace.Parameters.Add(new NpgsqlParameter<string> { TypedValue = contentType });
        replace.Parameters.Add(new NpgsqlParameter<long> { TypedValue = file.Length });
        replace.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = ModifiedAt(file) });
        await replace.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);

        var copied = 0L;
        await using (var chunks = await connection.BeginBinaryImportAsync("COPY media_chunks (path, nth, bytes) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false))
        {
            for (var nth = 0; length > 0; nth++)
            {
                await chunks.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await chunks.WriteAsync(path, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await chunks.WriteAsync(nth, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await chunks.WriteAsync(piece.AsMemory(0, length), NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
                copied += length;
                length = await content.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            }

            await chunks.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        if (copied != file.Length) throw new VerbFailure($"--media: {path} changed while it was read; run the import again");
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return contentType;
    }

    private async Task TellAsync(string kind, string path, string what, CancellationToken cancellationToken)
    {
        await using var command = run.Database.CreateCommand("INSERT INTO legacy.findings (kind, note, of_content) VALUES ($1, $2, false)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{path} {what}" });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<NamedFile>> NextAsync(string after, CancellationToken cancellationToken)
    {
        await using var command = run.Database.CreateCommand(Page);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PathsPerPage });
        var page = new List<NamedFile>(PathsPerPage);
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            page.Add(new NamedFile(row.GetString(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2)));
        return page;
    }

    /// <summary>To the microsecond, as the database keeps it.</summary>
    private static DateTimeOffset ModifiedAt(FileInfo file) => new(file.LastWriteTimeUtc.AddTicks(-(file.LastWriteTimeUtc.Ticks % TimeSpan.TicksPerMicrosecond)));

    private sealed record NamedFile(string Path, long? Size, DateTimeOffset? ModifiedAt);
}

/// <param name="Stored">New, or changed since the last run.</param>
/// <param name="Unchanged">Stored by an earlier run.</param>
/// <param name="Missing">Named and not there; <c>legacy.findings</c> has them.</param>
/// <param name="Refused">Too large, or named so that they would be read from outside the folder; <c>legacy.findings</c> has them.</param>
internal sealed record MediaReport(long Stored, long Unchanged, long Missing, long Refused);
