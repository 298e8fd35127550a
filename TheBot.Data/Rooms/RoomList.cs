using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Rooms;

/// <summary>A room as one of its readers finds it in their list.</summary>
/// <param name="Id">The room.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What its name leaves out.</param>
/// <param name="HeadSeq">The length of its log.</param>
/// <param name="ReadSeq">How far they have read.</param>
/// <param name="Unread">Others' messages after that, not deleted, counted up to <see cref="RoomList.UnreadCap"/>; 0 for who only looks.</param>
/// <param name="IsMember">May write; false = an administrator who looks.</param>
/// <param name="Writable">Whether the enrollment goes on.</param>
/// <param name="Locked">A moderator's lock.</param>
/// <param name="MembersCount">People with an active account who are in it.</param>
/// <param name="LastMessage">The newest message they may see, or null.</param>
/// <param name="SubjectId">Of the enrollment, or null.</param>
/// <param name="SubjectName">Of the enrollment, or null.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When its last event was.</param>
public sealed record RoomListing(
    long Id,
    RoomKind Kind,
    string Name,
    string Description,
    long HeadSeq,
    long ReadSeq,
    int Unread,
    bool IsMember,
    bool Writable,
    bool Locked,
    int MembersCount,
    ChatMessage? LastMessage,
    long? SubjectId,
    string? SubjectName,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Somebody's rooms: one command, however many there are.</summary>
public sealed class RoomList(NpgsqlDataSource database)
{
    /// <summary>Unread messages are counted up to here; at the cap it means "this many or more".</summary>
    public const int UnreadCap = 100;

    private const int MessageAt = 15;

    // $1 reader, $2 the kinds that are asked for, $3 cap. Members are counted beside room_readers, not through it: for the general room that
    // would look up a read position for everybody in the school.
    private const string List =
        $"""
        SELECT r.id, r.kind, r.name, r.description, r.head_seq, reader.read_seq, reader.standing, r.writable, r.locked, r.created_at, r.updated_at,
            s.id, s.name, unread.messages, members.people, last.*
        FROM room_readers reader
        JOIN rooms r ON r.id = reader.room_id
        LEFT JOIN enrollments e ON e.id = r.enrollment_id
        LEFT JOIN subjects s ON s.id = e.subject_id
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS messages
            FROM (
                SELECT
                FROM messages m
                WHERE reader.standing = 'member' AND m.room_id = r.id AND m.seq > greatest(reader.read_seq, reader.visible_from_seq)
                  AND m.sender_id <> $1 AND m.deleted_at IS NULL
                LIMIT $3) AS up_to_the_cap) AS unread
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.kind = 'general' THEN (SELECT count(*) FROM users u WHERE u.is_active AND u.deleted_at IS NULL)
                ELSE (
                    SELECT count(*)
                    FROM room_members m
                    JOIN users u ON u.id = m.user_id AND u.is_active AND u.deleted_at IS NULL
                    WHERE m.room_id = r.id AND cardinality(m.reasons) > 0)
                END::int AS people) AS members
        LEFT JOIN LATERAL (
            SELECT {MessageColumns.Select}
            FROM messages m
            {MessageColumns.Joins}
            WHERE m.room_id = r.id AND m.seq > reader.visible_from_seq AND m.deleted_at IS NULL
            ORDER BY m.seq DESC
            LIMIT 1) AS last ON true
        WHERE reader.user_id = $1 AND r.kind = ANY ($2)
        ORDER BY r.updated_at DESC, r.id DESC
        """;

    private const string Members =
        """
        SELECT reader.room_id, u.id, u.first_name, u.last_name, u.role
        FROM room_readers reader
        JOIN users u ON u.id = reader.user_id
        WHERE reader.room_id = ANY ($1) AND reader.standing = 'member'
        ORDER BY reader.room_id, u.id
        """;

    /// <summary>The rooms of these kinds that somebody may see, the most recently active first.</summary>
    public async Task<List<RoomListing>> ReadAsync(long userId, IReadOnlyCollection<RoomKind> kinds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(List);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.Select(kind => kind.ToWire())] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = UnreadCap });
        var rooms = new List<RoomListing>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) rooms.Add(ReadRoom(row));
        return rooms;
    }

    /// <summary>Who is in these rooms, people with an active account only. Not for the general room, which is the whole school.</summary>
    public async Task<ILookup<long, Person>> MembersAsync(long[] roomIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Members);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = roomIds });
        var people = new List<(long RoomId, Person Person)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            people.Add((row.GetInt64(0), new Person(row.GetInt64(1), PersonName.Full(row.GetString(2), row.GetString(3)), row.GetString(4))));
        return people.ToLookup(p => p.RoomId, p => p.Person);
    }

    private static RoomListing ReadRoom(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        RoomKinds.FromWire(row.GetString(1)),
        row.GetString(2),
        row.GetString(3),
        row.GetInt64(4),
        row.GetInt64(5),
        row.GetInt32(13),
        row.GetString(6) == RoomStanding.Member,
        row.GetBoolean(7),
        row.GetBoolean(8),
        row.GetInt32(14),
        row.IsDBNull(MessageAt) ? null : MessageColumns.Read(row, MessageAt),
        row.IsDBNull(11) ? null : row.GetInt64(11),
        row.IsDBNull(12) ? null : row.GetString(12),
        row.GetFieldValue<DateTimeOffset>(9),
        row.GetFieldValue<DateTimeOffset>(10));
}
