using System.Text;
using Npgsql;
using TheBot.Contracts;
using TheBot.Data.Schema;

namespace TheBot.Data.Log;

/// <summary>The columns from which a <see cref="RoomEvent"/> is made: one list and one reader for resume and for what was committed just now,
/// so that both give the same bytes.</summary>
internal static class RoomEventColumns
{
    /// <summary>Expects <c>e</c> = room_events and <see cref="Joins"/>.</summary>
    public const string Select = $"e.seq, e.kind, e.created_at, e.actor_id, e.subject_id, e.data::text, {MessageColumns.Select}";

    public const string Joins =
        $"""
        LEFT JOIN messages m ON m.id = e.message_id
        {MessageColumns.Joins}
        """;

    private const int MessageAt = 6;

    /// <summary>The message of the row, which must have one.</summary>
    public static ChatMessage ReadMessage(NpgsqlDataReader row) => MessageColumns.Read(row, MessageAt);

    public static RoomEvent Read(NpgsqlDataReader row, long roomId)
    {
        var data = row.IsDBNull(5) ? default : Encoding.UTF8.GetBytes(row.GetString(5));
        var isAboutMessage = !row.IsDBNull(MessageAt);
        return new RoomEvent(
            roomId,
            row.GetInt64(0),
            (RoomEventKind)row.GetInt16(1),
            row.GetFieldValue<DateTimeOffset>(2),
            row.IsDBNull(3) ? null : row.GetInt64(3),
            row.IsDBNull(4) ? null : row.GetInt64(4),
            isAboutMessage ? WireJson.Utf8(MessageColumns.Read(row, MessageAt)) : data ?? "{}"u8.ToArray(),
            isAboutMessage ? data : default);
    }
}
