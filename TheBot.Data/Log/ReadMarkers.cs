using Npgsql;
using NpgsqlTypes;

namespace TheBot.Data.Log;

/// <summary>How far members have read. Not a line of the log: it is one number a person and room, and it only rises.</summary>
public sealed class ReadMarkers(NpgsqlDataSource database)
{
    // $1 room, $2 reader, $3 up to this seq, $4 or up to this message of the room (and not of another one). One row, without the room's lock:
    // nobody's rights depend on it, and two devices that race leave the higher number. In the general room, whose members have no rows, the
    // upsert makes one without reasons, which is no membership anywhere else. A reader who is a member of another room has a row there.
    private const string Move =
        """
        WITH reader AS MATERIALIZED (
            SELECT r.read_seq, room.kind, least(room.head_seq, coalesce($3, m.seq)) AS seq, coalesce($3, m.seq) IS NOT NULL AS found, r.standing
            FROM room_readers r
            JOIN rooms room ON room.id = r.room_id
            LEFT JOIN messages m ON m.id = $4 AND m.room_id = r.room_id AND m.seq > r.visible_from_seq
            WHERE r.room_id = $1 AND r.user_id = $2
        ),
        moved AS (
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq)
            SELECT $1, $2, ARRAY[]::text[], 0, seq FROM reader WHERE found AND seq > read_seq AND standing = 'member'
            ON CONFLICT (room_id, user_id) DO UPDATE SET read_seq = excluded.read_seq WHERE room_members.read_seq < excluded.read_seq
            RETURNING read_seq
        )
        SELECT reader.found, coalesce(moved.read_seq, reader.read_seq), moved.read_seq IS NOT NULL, reader.kind = 'general', reader.standing
        FROM reader
        LEFT JOIN moved ON true
        """;

    /// <summary>A member has read up to a seq; beyond the log's end means up to its end.</summary>
    public Task<ReadResult> MoveToAsync(long roomId, long readerId, long seq, CancellationToken cancellationToken) =>
        MoveAsync(roomId, readerId, seq, null, cancellationToken);

    /// <summary>A member has read up to a message of this room.</summary>
    public Task<ReadResult> MoveToMessageAsync(long roomId, long readerId, long messageId, CancellationToken cancellationToken) =>
        MoveAsync(roomId, readerId, null, messageId, cancellationToken);

    private async Task<ReadResult> MoveAsync(long roomId, long readerId, long? seq, long? messageId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Move);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)seq ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)messageId ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!await row.ReadAsync(cancellationToken).ConfigureAwait(false)) return new ReadResult(ReadVerdict.NoAccess, 0, false);
        if (row.GetString(4) != RoomStanding.Member) return new ReadResult(ReadVerdict.NotMember, 0, false);
        if (!row.GetBoolean(0)) return new ReadResult(ReadVerdict.NotFound, row.GetInt64(1), false);
        return new ReadResult(row.GetBoolean(2) ? ReadVerdict.Moved : ReadVerdict.Unchanged, row.GetInt64(1), row.GetBoolean(3));
    }
}

/// <summary>What became of a read marker.</summary>
public enum ReadVerdict
{
    /// <summary>It rose.</summary>
    Moved,

    /// <summary>It stood there or further on.</summary>
    Unchanged,

    /// <summary>No such room, or none that they may see.</summary>
    NoAccess,

    /// <summary>They may look at the room (an administrator) and are not in it.</summary>
    NotMember,

    /// <summary>No such message in this room.</summary>
    NotFound,
}

/// <param name="Verdict">What became of it.</param>
/// <param name="ReadSeq">Where it stands now.</param>
/// <param name="IsGeneral">In the school's general room, where nobody is told who has read what.</param>
public readonly record struct ReadResult(ReadVerdict Verdict, long ReadSeq, bool IsGeneral);
