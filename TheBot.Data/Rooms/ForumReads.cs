using Npgsql;
using NpgsqlTypes;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Rooms;

/// <summary>What only the replaced system's pages ask for: history by offset with filters, and their counters. One command each.</summary>
public sealed class ForumReads(NpgsqlDataSource database)
{
    // $1 room, $2 reader, $3 part of the text, $4 type, $5 sender, $6 rows at most, $7 newest rows to leave out
    private const string Page =
        $"""
        SELECT {MessageColumns.Select}, m.seq <= r.read_seq, replies.messages
        FROM room_readers r
        JOIN messages m ON m.room_id = r.room_id AND m.seq > r.visible_from_seq AND m.deleted_at IS NULL
        {MessageColumns.Joins}
        CROSS JOIN LATERAL (SELECT count(*)::int AS messages FROM messages reply WHERE reply.reply_to = m.id AND reply.deleted_at IS NULL) AS replies
        WHERE r.room_id = $1 AND r.user_id = $2
          AND ($3::text IS NULL OR position(lower($3 COLLATE "und-x-icu") IN lower(m.content COLLATE "und-x-icu")) > 0)
          AND ($4::text IS NULL OR m.type = $4)
          AND ($5::bigint IS NULL OR m.sender_id = $5)
        ORDER BY m.seq DESC
        LIMIT $6 OFFSET $7
        """;

    // $1 reader, $2 kinds, $3 unread messages counted of one room
    private const string Counters =
        """
        WITH room AS MATERIALIZED (
            SELECT r.*, room.writable AND NOT room.locked AS is_active
            FROM room_readers r
            JOIN rooms room ON room.id = r.room_id AND room.kind = ANY ($2)
            WHERE r.user_id = $1
        ),
        unread AS MATERIALIZED (
            SELECT room.room_id, counted.messages
            FROM room
            CROSS JOIN LATERAL (
                SELECT count(*) AS messages
                FROM (
                    SELECT
                    FROM messages m
                    WHERE room.standing = 'member' AND m.room_id = room.room_id AND m.seq > greatest(room.read_seq, room.visible_from_seq)
                      AND m.sender_id <> $1 AND m.deleted_at IS NULL
                    LIMIT $3) AS up_to_the_cap) AS counted
        )
        SELECT
            (SELECT count(*) FROM room)::int,
            (SELECT count(*) FROM room WHERE is_active)::int,
            (SELECT count(*) FROM room JOIN messages m ON m.room_id = room.room_id AND m.seq > room.visible_from_seq AND m.deleted_at IS NULL),
            (SELECT coalesce(sum(messages), 0) FROM unread)::bigint,
            (SELECT count(*) FROM unread WHERE messages > 0)::int,
            (SELECT count(DISTINCT r.user_id) FROM room_readers r WHERE r.room_id IN (SELECT room_id FROM room) AND r.standing = 'member')::int
        """;

    /// <summary>A page of a room's messages, oldest first; offset 0 is the page with the newest one.</summary>
    public async Task<List<ChatMessage>> MessagesAsync(long roomId, long readerId, ForumFilter filter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Page);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)filter.Search ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)filter.MessageType ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)filter.SenderId ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = filter.Limit });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = filter.Offset });
        var messages = new List<ChatMessage>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            messages.Add(MessageColumns.Read(row, 0) with { IsRead = row.GetBoolean(MessageColumns.Count), RepliesCount = row.GetInt32(MessageColumns.Count + 1) });
        messages.Reverse();
        return messages;
    }

    /// <summary>The counters beside the Forum's entry in the menu.</summary>
    public async Task<ForumCounters> CountersAsync(long readerId, IReadOnlyCollection<RoomKind> kinds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Counters);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.Select(kind => kind.ToWire())] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RoomList.UnreadCap });
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new ForumCounters(row.GetInt32(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), row.GetInt32(5));
    }
}

/// <param name="Search">Part of the text, in any case; null = all.</param>
/// <param name="MessageType">Null = all.</param>
/// <param name="SenderId">Null = everybody's.</param>
/// <param name="Limit">Rows at most.</param>
/// <param name="Offset">Newest rows to leave out.</param>
public sealed record ForumFilter(string? Search, string? MessageType, long? SenderId, int Limit, long Offset);

/// <param name="Rooms">Rooms that the reader may see.</param>
/// <param name="ActiveRooms">Those that can be written in.</param>
/// <param name="Messages">Messages in them, not deleted.</param>
/// <param name="Unread">Others' messages that the reader has not read, of each room at most <see cref="RoomList.UnreadCap"/>.</param>
/// <param name="UnreadRooms">Rooms that have some.</param>
/// <param name="People">Different people in all those rooms, with an active account.</param>
public sealed record ForumCounters(int Rooms, int ActiveRooms, long Messages, long Unread, int UnreadRooms, int People);
