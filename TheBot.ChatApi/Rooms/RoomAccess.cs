using Npgsql;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Rooms;

/// <summary>Somebody's place in a room that they may see.</summary>
/// <param name="IsMember">May write; false = an administrator who looks.</param>
/// <param name="VisibleFromSeq">They see what comes after this seq.</param>
/// <param name="ReadSeq">They have read up to here.</param>
/// <param name="MutedUntil">A moderator's silence, or null.</param>
internal sealed record RoomSeat(bool IsMember, long VisibleFromSeq, long ReadSeq, DateTimeOffset? MutedUntil);

/// <summary>The one permission question, asked by REST and sockets alike; <c>room_readers</c> answers it.</summary>
internal sealed class RoomAccess(NpgsqlDataSource database)
{
    /// <summary>0 = not known yet. The school's general room is made once and stays.</summary>
    private long _generalRoom;

    /// <summary>What somebody is in a room; null = no such room or no access, not told apart.</summary>
    public async Task<RoomSeat?> FindAsync(long roomId, long userId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT standing, visible_from_seq, read_seq, muted_until FROM room_readers WHERE room_id = $1 AND user_id = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new RoomSeat(
                row.GetString(0) == RoomStanding.Member, row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3))
            : null;
    }

    /// <summary>Where somebody's last event was; null = they are in no room.</summary>
    public async Task<long?> MostRecentRoomAsync(long userId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT r.id
            FROM room_readers reader
            JOIN rooms r ON r.id = reader.room_id
            WHERE reader.user_id = $1 AND reader.standing = 'member'
            ORDER BY r.updated_at DESC, r.id DESC
            LIMIT 1
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>The school's general room; null = not made yet.</summary>
    public async Task<long?> GeneralRoomAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _generalRoom) is var known and not 0) return known;
        await using var command = database.CreateCommand("SELECT id FROM rooms WHERE kind = 'general'");
        if (await command.ExecuteScalarAsync(cancellationToken) is not long found) return null;
        Volatile.Write(ref _generalRoom, found);
        return found;
    }
}
