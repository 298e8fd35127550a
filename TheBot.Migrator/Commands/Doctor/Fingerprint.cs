using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>What no repair may change: every message with its author, its words and its time, whatever room it lies in, and what hangs on it.</summary>
/// <remarks>The checksums are sums over rows, so that the order does not matter and none can hide another.</remarks>
internal sealed record Fingerprint(long Messages, string MessagesChecksum, long Edits, string EditsChecksum, long Reactions, string ReactionsChecksum, long Pins, long People)
{
    private const string Take =
        """
        SELECT
            (SELECT count(*) FROM messages),
            (SELECT coalesce(sum(hashtextextended(concat_ws('|', id, sender_id, extract(epoch FROM created_at), extract(epoch FROM edited_at), extract(epoch FROM deleted_at), type, content), 0)), 0)::text FROM messages),
            (SELECT count(*) FROM message_edits e WHERE EXISTS (SELECT FROM messages m WHERE m.id = e.message_id)),
            (SELECT coalesce(sum(hashtextextended(concat_ws('|', message_id, extract(epoch FROM edited_at), content), 0)), 0)::text
                FROM message_edits e WHERE EXISTS (SELECT FROM messages m WHERE m.id = e.message_id)),
            (SELECT count(*) FROM reactions e WHERE EXISTS (SELECT FROM messages m WHERE m.id = e.message_id)),
            (SELECT coalesce(sum(hashtextextended(concat_ws('|', message_id, user_id, emoji), 0)), 0)::text
                FROM reactions e WHERE EXISTS (SELECT FROM messages m WHERE m.id = e.message_id)),
            (SELECT count(*) FROM pins e WHERE EXISTS (SELECT FROM messages m WHERE m.id = e.message_id)),
            (SELECT count(*) FROM users)
        """;

    public static async Task<Fingerprint> TakeAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return await TakeAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<Fingerprint> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => (await Rows.ReadAsync(
        connection,
        Take,
        row => new Fingerprint(
            row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetInt64(4), row.GetString(5), row.GetInt64(6), row.GetInt64(7)),
        cancellationToken).ConfigureAwait(false))[0];
}
