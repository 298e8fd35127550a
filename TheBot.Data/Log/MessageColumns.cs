using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Media;

namespace TheBot.Data.Log;

/// <summary>The columns from which a <see cref="ChatMessage"/> is made, for every query that reads messages: one list, one reader.</summary>
internal static class MessageColumns
{
    /// <summary>How many columns these are: what comes after them in a row starts there.</summary>
    public const int Count = 22;

    /// <summary>Expects <c>m</c> = messages and <see cref="Joins"/>.</summary>
    public const string Select =
        """
        m.id, m.room_id, m.seq, m.sender_id, m.client_id, m.content, m.type, m.reply_to, m.created_at, m.updated_at,
        m.edited_at IS NOT NULL, m.deleted_at IS NOT NULL, p.message_id IS NOT NULL, u.first_name, u.last_name, u.role, u.avatar,
        m.thread_id, t.title, a.file, a.file_size, a.image
        """;

    public const string Joins =
        """
        LEFT JOIN users u ON u.id = m.sender_id
        LEFT JOIN pins p ON p.message_id = m.id
        LEFT JOIN threads t ON t.id = m.thread_id
        LEFT JOIN attachments a ON a.message_id = m.id
        """;

    public static ChatMessage Read(NpgsqlDataReader row, int at)
    {
        var deleted = row.GetBoolean(at + 11);
        var file = deleted ? null : Text(row, at + 19);
        var image = deleted ? null : Text(row, at + 21);
        return new ChatMessage
        {
            Id = row.GetInt64(at),
            Room = row.GetInt64(at + 1),
            Thread = row.IsDBNull(at + 17) ? null : row.GetInt64(at + 17),
            ThreadTitle = Text(row, at + 18),
            Seq = row.GetInt64(at + 2),
            Sender = SenderFrom(row, row.GetInt64(at + 3), at + 13),
            SenderAvatar = AvatarUrl(row, at + 16),
            ClientId = PublicClientId(row.GetString(at + 4)),
            Content = deleted ? "" : row.GetString(at + 5),
            MessageType = row.GetString(at + 6),
            File = MediaAddress.Of(file),
            FileUrl = MediaAddress.Of(file),
            FileName = MediaAddress.NameOf(file),
            FileSize = file is null || row.IsDBNull(at + 20) ? null : row.GetInt64(at + 20),
            FileType = MediaAddress.TypeOf(file),
            Image = MediaAddress.Of(image),
            ImageUrl = MediaAddress.Of(image),
            IsImage = image is not null || MediaAddress.TypeOf(file) == MediaAddress.ImageType,
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

    public static string? AvatarUrl(NpgsqlDataReader row, int at) => MediaAddress.Of(Text(row, at));

    public static string? PublicClientId(string stored) => stored[0] == MessageDraft.ServerMade ? null : stored;

    private static string? Text(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);
}
