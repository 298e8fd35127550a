using Npgsql;
using NpgsqlTypes;
using TheBot.Contracts;

namespace TheBot.Data.Log;

/// <summary>What happens to a message after it was sent, and a moderator's lock: each an event of the room's log.</summary>
/// <remarks>
/// One transaction and one round trip each. Waits for the room's lock, then judges rights by what the last holder left. Each is a state that
/// is asked for ("deleted", "pinned"), not a step, so that asking again after a lost answer finds it done and adds no second event.
/// </remarks>
public sealed class RoomChanges(NpgsqlDataSource database)
{
    /// <summary>The author gives a message another text; the old one is kept in <c>message_edits</c>.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="messageId">A message of that room.</param>
    /// <param name="content">Trimmed and within <see cref="ChatLimits.ContentMaxLength"/>.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was done is then unknown.</param>
    public Task<ChangeResult> EditAsync(long roomId, long actorId, long messageId, string content, CancellationToken cancellationToken) =>
        ChangeMessageAsync(RoomChangesSql.Edit, roomId, actorId, messageId, content, cancellationToken);

    /// <summary>Author or moderator takes a message back for everybody: its text is read by nobody any more, its row stays.</summary>
    public Task<ChangeResult> DeleteAsync(long roomId, long actorId, long messageId, CancellationToken cancellationToken) =>
        ChangeMessageAsync(RoomChangesSql.Delete, roomId, actorId, messageId, text: null, cancellationToken);

    /// <summary>A moderator, or a tutor of a forum room, pins a message or takes it down.</summary>
    public Task<ChangeResult> PinAsync(long roomId, long actorId, long messageId, bool pinned, CancellationToken cancellationToken) =>
        ChangeMessageAsync(pinned ? RoomChangesSql.Pin : RoomChangesSql.Unpin, roomId, actorId, messageId, text: null, cancellationToken);

    /// <summary>A member puts an emoji on a message or takes their own away.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="messageId">A message of that room.</param>
    /// <param name="emoji">One emoji.</param>
    /// <param name="present">Whether it shall be there.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was done is then unknown.</param>
    public Task<ChangeResult> ReactAsync(long roomId, long actorId, long messageId, string emoji, bool present, CancellationToken cancellationToken) =>
        ChangeMessageAsync(present ? RoomChangesSql.React : RoomChangesSql.Unreact, roomId, actorId, messageId, emoji, cancellationToken);

    /// <summary>A moderator locks the room, so that it can only be read, or opens it again.</summary>
    public Task<ChangeResult> LockAsync(long roomId, long actorId, bool locked, CancellationToken cancellationToken) =>
        ChangeRoomAsync(RoomChangesSql.SetLocked, roomId, actorId, cancellationToken, new NpgsqlParameter<bool> { TypedValue = locked });

    /// <summary>A moderator sets the least time between two messages of one member who does not moderate; 0 = none.</summary>
    public Task<ChangeResult> SetSlowModeAsync(long roomId, long actorId, int seconds, CancellationToken cancellationToken) =>
        ChangeRoomAsync(RoomChangesSql.SetSlowMode, roomId, actorId, cancellationToken, new NpgsqlParameter<int> { TypedValue = seconds });

    /// <summary>Who manages a group gives it another name and description.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="name">1 to 200 characters.</param>
    /// <param name="description">May be empty.</param>
    /// <param name="versions">What the asking person knows (<c>RoomListing.Version</c>): where it is none of these by now, nothing is written. Null = whatever it is.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was done is then unknown.</param>
    public Task<ChangeResult> DescribeAsync(long roomId, long actorId, string name, string description, string[]? versions, CancellationToken cancellationToken) =>
        ChangeRoomAsync(
            RoomChangesSql.Describe,
            roomId,
            actorId,
            cancellationToken,
            new NpgsqlParameter<string> { TypedValue = name },
            new NpgsqlParameter<string> { TypedValue = description },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = (object?)versions ?? DBNull.Value });

    /// <summary>A moderator silences a member: they read, and neither write, edit nor react.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="memberId">Who is muted; nobody who moderates the room.</param>
    /// <param name="until">When it ends by itself, in whole seconds; null = it ends now.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was done is then unknown.</param>
    public Task<ChangeResult> MuteAsync(long roomId, long actorId, long memberId, DateTimeOffset? until, CancellationToken cancellationToken) =>
        ChangeRoomAsync(
            RoomChangesSql.Mute,
            roomId,
            actorId,
            cancellationToken,
            new NpgsqlParameter<long> { TypedValue = memberId },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = (object?)until ?? DBNull.Value },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = until is { } end ? WireTime.Format(end) : DBNull.Value });

    /// <summary>Whether a message is pinned now, for those who only know how to turn a pin over.</summary>
    /// <remarks>Judges no rights and is to be shown to nobody: the change that follows judges them.</remarks>
    public async Task<bool> IsPinnedAsync(long messageId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT EXISTS (SELECT FROM pins WHERE message_id = $1)");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = messageId });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    /// <summary>Whether a room is locked now; as <see cref="IsPinnedAsync"/>.</summary>
    public async Task<bool> IsLockedAsync(long roomId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT locked FROM rooms WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    /// <summary>Whether somebody is muted in a room now; as <see cref="IsPinnedAsync"/>.</summary>
    public async Task<bool> IsMutedAsync(long roomId, long memberId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM room_members WHERE room_id = $1 AND user_id = $2 AND muted_until > clock_timestamp())");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = memberId });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    private Task<ChangeResult> ChangeRoomAsync(
        string sql, long roomId, long actorId, CancellationToken cancellationToken, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var write = Command(sql, roomId, actorId);
        foreach (var value in values) write.Parameters.Add(value);
        return RunAsync(roomId, write, Command(RoomChangesSql.ReadBackEvent, roomId), isAboutMessage: false, cancellationToken);
    }

    private Task<ChangeResult> ChangeMessageAsync(string sql, long roomId, long actorId, long messageId, string? text, CancellationToken cancellationToken)
    {
        var write = Command(sql, roomId, actorId, messageId);
        if (text is not null) write.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        return RunAsync(roomId, write, Command(RoomChangesSql.ReadBackMessage, roomId, messageId), isAboutMessage: true, cancellationToken);
    }

    private async Task<ChangeResult> RunAsync(
        long roomId, NpgsqlBatchCommand write, NpgsqlBatchCommand readBack, bool isAboutMessage, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(RoomChangesSql.LockRoom, roomId), write, readBack } };
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);

        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
        var verdict = ChangeResult.VerdictOf(rows.GetString(0));
        var head = rows.IsDBNull(1) ? 0 : rows.GetInt64(1);

        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var (message, roomEvent) = (default(ChatMessage), default(RoomEvent));
        if (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (isAboutMessage) message = RoomEventColumns.ReadMessage(rows);
            if (verdict == ChangeVerdict.Changed) roomEvent = RoomEventColumns.Read(rows, roomId);
        }

        // the commit is answered behind the last result: an error there must be seen before anybody is told
        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return new ChangeResult(verdict, message, roomEvent is null ? Committed.Nothing : new Committed([roomEvent], []), roomEvent?.Seq ?? head);
    }

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<long> ids)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var id in ids) command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        return command;
    }
}
