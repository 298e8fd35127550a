using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Data.Log;

/// <summary>Reading people's logs: rooms added and removed, logins revoked.</summary>
public sealed class UserLog(NpgsqlDataSource database)
{
    /// <summary>Events after <paramref name="afterSeq"/>, oldest first.</summary>
    public async Task<List<UserEvent>> ReadAsync(long userId, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT seq, kind, room_id, token_hash FROM user_events WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterSeq });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var events = new List<UserEvent>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            events.Add(new UserEvent(
                userId,
                rows.GetInt64(0),
                (UserEventKind)rows.GetInt16(1),
                rows.IsDBNull(2) ? null : rows.GetInt64(2),
                rows.IsDBNull(3) ? null : rows.GetFieldValue<byte[]>(3)));
        }

        return events;
    }

    /// <summary>The heads of those of the given people whose log is not empty.</summary>
    public async Task<List<(long UserId, long Head)>> HeadsAsync(long[] userIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT user_id, head_seq FROM user_heads WHERE user_id = ANY ($1)");
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = userIds });
        var heads = new List<(long, long)>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) heads.Add((rows.GetInt64(0), rows.GetInt64(1)));
        return heads;
    }
}
