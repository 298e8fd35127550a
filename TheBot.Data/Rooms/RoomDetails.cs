using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.Data.Rooms;

/// <summary>What somebody finds in a room beside its messages: one command each. Empty also for a room that they may not see.</summary>
public sealed class RoomDetails(NpgsqlDataSource database)
{
    /// <summary>Pins shown of one room, the newest first.</summary>
    public const int PinsMax = 100;

    // $1 room, $2 reader, $3 after this user, $4 rows at most
    private const string Members =
        """
        SELECT u.id, u.first_name, u.last_name, u.role, coalesce(m.reasons, ARRAY[]::text[]), member.muted_until, m.joined_at
        FROM room_readers reader
        JOIN room_readers member ON member.room_id = reader.room_id AND member.standing = 'member'
        JOIN users u ON u.id = member.user_id
        LEFT JOIN room_members m ON m.room_id = member.room_id AND m.user_id = member.user_id AND cardinality(m.reasons) > 0
        WHERE reader.room_id = $1 AND reader.user_id = $2 AND member.user_id > $3
        ORDER BY u.id
        LIMIT $4
        """;

    // $1 room, $2 reader, $3 rows at most
    private const string Pins =
        $"""
        SELECT {MessageColumns.Select}
        FROM room_readers r
        JOIN messages m ON m.room_id = r.room_id AND m.seq > r.visible_from_seq
        {MessageColumns.Joins}
        WHERE r.room_id = $1 AND r.user_id = $2 AND m.id IN (SELECT message_id FROM pins WHERE room_id = $1) AND m.deleted_at IS NULL
        ORDER BY p.created_at DESC, m.seq DESC
        LIMIT $3
        """;

    // $1 room, $2 reader, $3 message
    private const string Reactions =
        """
        SELECT reaction.emoji, u.id, u.first_name, u.last_name, u.role, reaction.created_at
        FROM room_readers r
        JOIN messages m ON m.room_id = r.room_id AND m.seq > r.visible_from_seq AND m.deleted_at IS NULL
        LEFT JOIN reactions reaction ON reaction.message_id = m.id
        LEFT JOIN users u ON u.id = reaction.user_id
        WHERE r.room_id = $1 AND r.user_id = $2 AND m.id = $3
        ORDER BY reaction.created_at, u.id, reaction.emoji
        """;

    /// <summary>Who is in it, ordered by id, people with an active account only.</summary>
    public async Task<List<MemberListing>> MembersAsync(long roomId, long readerId, long afterUserId, int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(Members, roomId, readerId, afterUserId);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var members = new List<MemberListing>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            members.Add(new MemberListing(
                MessageColumns.SenderFrom(row, row.GetInt64(0), 1),
                row.GetFieldValue<string[]>(4),
                row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
                row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6)));
        }

        return members;
    }

    /// <summary>Its pinned messages, the last pinned first.</summary>
    public async Task<List<ChatMessage>> PinsAsync(long roomId, long readerId, CancellationToken cancellationToken)
    {
        await using var command = Command(Pins, roomId, readerId);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PinsMax });
        var messages = new List<ChatMessage>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) messages.Add(MessageColumns.Read(row, 0));
        return messages;
    }

    /// <summary>The emoji on a message, the oldest first; null = no such message in this room, or none that they may see.</summary>
    public async Task<List<ReactionListing>?> ReactionsAsync(long roomId, long readerId, long messageId, CancellationToken cancellationToken)
    {
        await using var command = Command(Reactions, roomId, readerId, messageId);
        List<ReactionListing>? reactions = null;
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            reactions ??= [];
            if (!row.IsDBNull(0))
                reactions.Add(new(row.GetString(0), MessageColumns.SenderFrom(row, row.GetInt64(1), 2), row.GetFieldValue<DateTimeOffset>(5)));
        }

        return reactions;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100", Justification = "Constants of this class.")]
    private NpgsqlCommand Command(string sql, params ReadOnlySpan<long> ids)
    {
        var command = database.CreateCommand(sql);
        foreach (var id in ids) command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        return command;
    }
}

/// <summary>A member as the others see them.</summary>
/// <param name="Person">Who.</param>
/// <param name="Reasons">Why they are here (<see cref="Schema.MemberReason"/>); empty in the general room.</param>
/// <param name="MutedUntil">Until when they may not write; may be over.</param>
/// <param name="JoinedAt">Since when they are here; null in the general room.</param>
public sealed record MemberListing(Person Person, string[] Reasons, DateTimeOffset? MutedUntil, DateTimeOffset? JoinedAt);

/// <summary>An emoji on a message.</summary>
/// <param name="Emoji">Which.</param>
/// <param name="Person">Whose.</param>
/// <param name="At">Since when.</param>
public sealed record ReactionListing(string Emoji, Person Person, DateTimeOffset At);
