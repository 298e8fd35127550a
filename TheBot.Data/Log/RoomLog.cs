using Npgsql;
using NpgsqlTypes;
using TheBot.Contracts;
using TheBot.Data.Schema;

namespace TheBot.Data.Log;

/// <summary>A room's log: appending to it under the room's lock, and reading it.</summary>
/// <remarks>
/// Promises: seq without gaps per room, equal to commit order; a client id is stored once per room and sender for ever; whoever appends
/// was a member who may write at that very place of the log. See docs/adr/0004.
/// </remarks>
/// <param name="database">For what is read.</param>
/// <param name="appends">For what is written; null = the same.</param>
public sealed class RoomLog(NpgsqlDataSource database, NpgsqlDataSource? appends = null)
{
    /// <summary>Appends the drafts in their order, in one round trip and one transaction.</summary>
    /// <param name="drafts">In the order of acceptance.</param>
    /// <param name="locks">What becomes of drafts whose room another transaction holds.</param>
    /// <param name="cancellationToken">Ends the wait; whether the drafts were stored is then unknown, and asking again under the same client ids tells.</param>
    /// <returns>One result a draft, in order.</returns>
    public async Task<AppendResult[]> AppendAsync(IReadOnlyList<MessageDraft> drafts, RoomLocks locks, CancellationToken cancellationToken)
    {
        await using var connection = await (appends ?? database).OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var asked = new AskedDrafts(drafts);
        var results = new AppendResult[drafts.Count];
        var known = new Dictionary<long, List<int>>();
        try
        {
            await using var batch = AppendBatch(connection, asked, locks);
            await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            for (var before = batch.BatchCommands.Count - 1; before > 0; before--) await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
            while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var index = asked.Firsts[(int)rows.GetInt64(0) - 1];
                if (rows.GetString(1) == "known") known[rows.GetInt64(9)] = [index];
                else results[index] = Judge(rows, drafts[index], locks);
            }
        }
        catch (PostgresException e) when (locks == RoomLocks.WaitBriefly && e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            Array.Fill(results, new AppendResult(AppendVerdict.Held, null, false));
            return results;
        }

        asked.Repeat(results, known);
        // Only sends that were made before come here: the hot path stays at one round trip.
        if (known.Count > 0) await FillKnownAsync(connection, known, drafts, results, cancellationToken).ConfigureAwait(false);
        return results;
    }

    /// <summary>Events after <paramref name="afterSeq"/>, oldest first.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="afterSeq">0 = from the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="readerId">Whose rights count at the moment of reading (none = an empty answer), or null where rights are judged at delivery.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<List<RoomEvent>> ReadAsync(long roomId, long afterSeq, int limit, long? readerId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomLogSql.Read);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterSeq });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)readerId ?? DBNull.Value });
        var events = new List<RoomEvent>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) events.Add(RoomEventColumns.Read(rows, roomId));
        return events;
    }

    /// <summary>The newest messages as <paramref name="readerId"/> may see them, with the head they belong to; null = no such room or no access.</summary>
    public async Task<RoomSnapshot?> SnapshotAsync(long roomId, long readerId, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomLogSql.Snapshot);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        RoomSnapshot? snapshot = null;
        var messages = new List<ChatMessage>();
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            snapshot ??= new RoomSnapshot(
                rows.GetString(0) == RoomStanding.Member, rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), RoomKinds.FromWire(rows.GetString(4)), messages);
            if (!rows.IsDBNull(5)) messages.Add(MessageColumns.Read(rows, 5));
        }

        return snapshot;
    }

    /// <summary>Messages (not deleted) between two seqs, both exclusive: oldest first from <paramref name="after"/>, or newest first below <paramref name="before"/>.</summary>
    public async Task<List<ChatMessage>> HistoryAsync(long roomId, long readerId, long after, long before, int limit, bool ascending, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomLogSql.History(ascending));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = roomId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = readerId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var messages = new List<ChatMessage>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) messages.Add(MessageColumns.Read(rows, 0));
        return messages;
    }

    /// <summary>The heads of those of the given rooms that exist.</summary>
    public async Task<List<(long RoomId, long Head)>> HeadsAsync(long[] roomIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomLogSql.Heads);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = roomIds });
        var heads = new List<(long, long)>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) heads.Add((rows.GetInt64(0), rows.GetInt64(1)));
        return heads;
    }

    private static NpgsqlBatch AppendBatch(NpgsqlConnection connection, AskedDrafts asked, RoomLocks locks)
    {
        var rooms = asked.Select(draft => draft.RoomId);
        var take = new NpgsqlBatchCommand(locks == RoomLocks.Free ? RoomLogSql.LockFreeRooms : RoomLogSql.LockRooms);
        take.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = rooms });
        var append = new NpgsqlBatchCommand(RoomLogSql.Append);
        append.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = rooms });
        append.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = asked.Select(draft => draft.SenderId) });
        append.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = asked.Select(draft => draft.ClientId) });
        append.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = asked.Select(draft => draft.Content) });
        append.Parameters.Add(new NpgsqlParameter<long?[]> { TypedValue = asked.Select(draft => draft.ReplyTo) });
        append.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = asked.Select(draft => draft.BodyHash) });
        var batch = new NpgsqlBatch(connection) { BatchCommands = { take, append } };
        if (locks == RoomLocks.WaitBriefly) batch.BatchCommands.Insert(0, new NpgsqlBatchCommand(RoomLogSql.BriefLocks));
        return batch;
    }

    private static AppendResult Judge(NpgsqlDataReader row, MessageDraft draft, RoomLocks locks) => row.GetString(1) switch
    {
        "new" => new(AppendVerdict.Stored, NewMessage(row, draft), IsNew: true),
        // a room that all locks were waited for and that is still not among the locked ones does not exist
        "held" => new(locks == RoomLocks.Free ? AppendVerdict.Held : AppendVerdict.NoAccess, null, false),
        "slow_mode" => new(AppendVerdict.SlowMode, null, false, row.GetInt32(10)),
        "not_member" => new(AppendVerdict.NotMember, null, false),
        "no_access" => new(AppendVerdict.NoAccess, null, false),
        "read_only" => new(AppendVerdict.ReadOnly, null, false),
        "muted" => new(AppendVerdict.Muted, null, false),
        "reply_not_found" => new(AppendVerdict.ReplyNotFound, null, false),
        var verdict => throw new InvalidOperationException($"unknown verdict {verdict}"),
    };

    private static ChatMessage NewMessage(NpgsqlDataReader row, MessageDraft draft)
    {
        var at = row.GetFieldValue<DateTimeOffset>(4);
        return new ChatMessage
        {
            Id = row.GetInt64(2),
            Room = draft.RoomId,
            Seq = row.GetInt64(3),
            Sender = MessageColumns.SenderFrom(row, draft.SenderId, 5),
            SenderAvatar = MessageColumns.AvatarUrl(row, 8),
            ClientId = MessageColumns.PublicClientId(draft.ClientId),
            Content = draft.Content,
            ReplyTo = draft.ReplyTo,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    private static async Task FillKnownAsync(
        NpgsqlConnection connection,
        Dictionary<long, List<int>> known,
        IReadOnlyList<MessageDraft> drafts,
        AppendResult[] results,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RoomLogSql.ById, connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. known.Keys] });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var hash = rows.GetInt64(0);
            var message = MessageColumns.Read(rows, 1);
            foreach (var index in known[message.Id])
            {
                results[index] = drafts[index].BodyHash == hash ? new(AppendVerdict.Stored, message, false) : new(AppendVerdict.Conflict, null, false);
            }
        }
    }
}
