using Npgsql;
using TheBot.Contracts;

namespace TheBot.Data.Log;

/// <summary>The columns from which a <see cref="ChatMessage"/> is made, for every query that reads messages: one list, one reader.</summary>
internal static class MessageColumns
{
    /// <summary>Expects <c>m</c> = messages, <c>u</c> = its sender's users row, <c>p</c> = its pins row (left join).</summary>
    public const string Select =
        """
        m.id, m.room_id, m.seq, m.sender_id, m.client_id, m.content, m.type, m.reply_to, m.created_at, m.updated_at,
        m.edited_at IS NOT NULL, m.deleted_at IS NOT NULL, p.message_id IS NOT NULL, u.first_name, u.last_name, u.role, u.avatar
        """;

    public const string Joins =
        """
        LEFT JOIN users u ON u.id = m.sender_id
        LEFT JOIN pins p ON p.message_id = m.id
        """;

    public static ChatMessage Read(NpgsqlDataReader row, int at)
    {
        var deleted = row.GetBoolean(at + 11);
        return new ChatMessage
        {
            Id = row.GetInt64(at),
            Room = row.GetInt64(at + 1),
            Seq = row.GetInt64(at + 2),
            Sender = SenderFrom(row, row.GetInt64(at + 3), at + 13),
            SenderAvatar = AvatarUrl(row, at + 16),
            ClientId = PublicClientId(row.GetString(at + 4)),
            Content = deleted ? "" : row.GetString(at + 5),
            MessageType = row.GetString(at + 6),
            ReplyTo = row.IsDBNull(at + 7) ? null : row.GetInt64(at + 7),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(at + 8),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(at + 9),
            IsEdited = row.GetBoolean(at + 10),
            IsPinned = row.GetBoolean(at + 12),
        };
    }

    /// <summary>first_name, last_name, role in three columns from <paramref name="at"/>.</summary>
    public static Person SenderFrom(NpgsqlDataReader row, long id, int at) => new(
        id,
        row.IsDBNull(at) ? "" : Schema.PersonName.Full(row.GetString(at), row.GetString(at + 1)),
        row.IsDBNull(at + 2) ? "" : row.GetString(at + 2));

    public static string? AvatarUrl(NpgsqlDataReader row, int at) => row.IsDBNull(at) || row.GetString(at).Length == 0 ? null : "/media/" + row.GetString(at);

    public static string? PublicClientId(string stored) => stored[0] == MessageDraft.ServerMade ? null : stored;
}
