using Npgsql;
using NpgsqlTypes;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Rooms;

/// <summary>Somebody's rooms: one command, however many there are.</summary>
public sealed class RoomList(NpgsqlDataSource database)
{
    /// <summary>Unread messages are counted up to here; at the cap it means "this many or more".</summary>
    public const int UnreadCap = 100;

    private const int MessageAt = 25;

    // $4 and $5: after this place (time and id) of the list
    private static readonly string List = Listing("($4::timestamptz IS NULL OR (room.updated_at, room.id) < ($4, $5))");

    // $6: this room. A statement of its own, for whose plan the list of an administrator's rooms does not count.
    private static readonly string One = Listing("r.room_id = $6");

    private const string Members =
        """
        SELECT reader.room_id, u.id, u.first_name, u.last_name, u.role
        FROM room_readers reader
        JOIN users u ON u.id = reader.user_id
        WHERE reader.room_id = ANY ($1) AND reader.standing = 'member'
        ORDER BY reader.room_id, u.id
        """;

    /// <summary>The rooms of these kinds that somebody may see, the most recently active first.</summary>
    public Task<List<RoomListing>> ReadAsync(long userId, IReadOnlyCollection<RoomKind> kinds, CancellationToken cancellationToken) =>
        ReadAsync(userId, kinds, null, int.MaxValue, cancellationToken);

    /// <summary>A page of them.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="kinds">Which.</param>
    /// <param name="after">The last room of the page before, by <see cref="RoomListing.UpdatedAt"/> and id; null = from the top. Rooms that come to life meanwhile move to the top.</param>
    /// <param name="limit">Rooms at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<List<RoomListing>> ReadAsync(
        long userId, IReadOnlyCollection<RoomKind> kinds, (DateTimeOffset UpdatedAt, long Id)? after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(userId, kinds, after, null, limit, cancellationToken);

    /// <summary>One room as somebody finds it; null = no such room, or none that they may see.</summary>
    public async Task<RoomListing?> FindAsync(long userId, long roomId, CancellationToken cancellationToken) =>
        await ReadAsync(userId, Enum.GetValues<RoomKind>(), null, roomId, 1, cancellationToken).ConfigureAwait(false) is [var room] ? room : null;

    /// <summary>Who is in these rooms, people with an active account only. Not for the general room, which is the whole school.</summary>
    public async Task<ILookup<long, Person>> MembersAsync(long[] roomIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Members);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = roomIds });
        var people = new List<(long RoomId, Person Person)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) people.Add((row.GetInt64(0), MessageColumns.SenderFrom(row, row.GetInt64(1), 2)));
        return people.ToLookup(p => p.RoomId, p => p.Person);
    }

    private async Task<List<RoomListing>> ReadAsync(
        long userId,
        IReadOnlyCollection<RoomKind> kinds,
        (DateTimeOffset UpdatedAt, long Id)? after,
        long? roomId,
        int limit,
        CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // one of the two above
        await using var command = database.CreateCommand(roomId is null ? List : One);
#pragma warning restore CA2100
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.Select(kind => kind.ToWire())] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = UnreadCap });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = after is { } place ? place.UpdatedAt : DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after?.Id ?? 0 });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)roomId ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var rooms = new List<RoomListing>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) rooms.Add(ReadRoom(row));
        return rooms;
    }

    private static RoomListing ReadRoom(NpgsqlDataReader row)
    {
        var other = row.IsDBNull(20) ? null : MessageColumns.SenderFrom(row, row.GetInt64(20), 21);
        return new RoomListing
        {
            Id = row.GetInt64(0),
            Kind = RoomKinds.FromWire(row.GetString(1)),
            Name = other?.FullName ?? row.GetString(2),
            Description = row.GetString(3),
            HeadSeq = row.GetInt64(4),
            ReadSeq = row.GetInt64(5),
            IsMember = row.GetString(6) == RoomStanding.Member,
            Writable = row.GetBoolean(7) && row.GetBoolean(24),
            Locked = row.GetBoolean(8),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(9),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(10),
            SubjectId = row.IsDBNull(11) ? null : row.GetInt64(11),
            SubjectName = row.IsDBNull(12) ? null : row.GetString(12),
            Unread = row.GetInt32(13),
            MembersCount = row.GetInt32(14),
            SlowModeSeconds = row.GetInt32(15),
            MutedUntil = row.IsDBNull(16) ? null : row.GetFieldValue<DateTimeOffset>(16),
            Version = row.GetString(17),
            Moderates = row.GetBoolean(18),
            Pins = row.GetBoolean(18) || row.GetBoolean(19),
            Other = other,
            LastMessage = row.IsDBNull(MessageAt) ? null : MessageColumns.Read(row, MessageAt),
        };
    }

    // $1 reader, $2 the kinds that are asked for, $3 cap, $7 rows at most. The page is cut before anything is counted. Members are counted beside
    // room_readers, not through it: for the general room that would look up a read position for everybody in the school.
    private static string Listing(string place) =>
        $"""
        WITH page AS MATERIALIZED (
            SELECT r.*
            FROM room_readers r
            JOIN rooms room ON room.id = r.room_id
            WHERE r.user_id = $1 AND room.kind = ANY ($2) AND {place}
            ORDER BY room.updated_at DESC, room.id DESC
            LIMIT $7
        )
        SELECT room.id, room.kind, room.name, room.description, room.head_seq, r.read_seq, r.standing, room.writable, room.locked, room.created_at, room.updated_at,
            s.id, s.name, unread.messages, members.people, room.slow_mode_seconds, r.muted_until, {RoomRightsSql.Version}, {RoomRightsSql.Moderates}, {RoomRightsSql.Pins},
            other.id, other.first_name, other.last_name, other.role, {RoomRightsSql.StillContacts}, last.*
        FROM page r
        JOIN rooms room ON room.id = r.room_id
        JOIN users u ON u.id = r.user_id
        LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = r.user_id
        LEFT JOIN enrollments e ON e.id = room.enrollment_id
        LEFT JOIN subjects s ON s.id = e.subject_id
        LEFT JOIN users other ON room.kind = 'direct'
            AND other.id = ANY (string_to_array(room.direct_key, ':')::bigint[]) AND other.id <> r.user_id
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS messages
            FROM (
                SELECT
                FROM messages m
                WHERE r.standing = 'member' AND m.room_id = room.id AND m.seq > greatest(r.read_seq, r.visible_from_seq)
                  AND m.sender_id <> $1 AND m.deleted_at IS NULL
                LIMIT $3) AS up_to_the_cap) AS unread
        CROSS JOIN LATERAL (
            SELECT CASE WHEN room.kind = 'general' THEN (SELECT count(*) FROM users u WHERE u.is_active AND u.deleted_at IS NULL)
                ELSE (
                    SELECT count(*)
                    FROM room_members m
                    JOIN users u ON u.id = m.user_id AND u.is_active AND u.deleted_at IS NULL
                    WHERE m.room_id = room.id AND cardinality(m.reasons) > 0)
                END::int AS people) AS members
        LEFT JOIN LATERAL (
            SELECT {MessageColumns.Select}
            FROM messages m
            {MessageColumns.Joins}
            WHERE m.room_id = room.id AND m.seq > r.visible_from_seq AND m.deleted_at IS NULL
            ORDER BY m.seq DESC
            LIMIT 1) AS last ON true
        ORDER BY room.updated_at DESC, room.id DESC
        """;
}
