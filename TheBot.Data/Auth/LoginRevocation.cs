using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Auth;

/// <summary>Ends logins: the tokens stop working, and the person's log says so to every connection that was opened with them, on every replica.</summary>
/// <remarks>
/// Both in one transaction under the lock of the person's head. Whoever looks a token up after they began to follow the owner's log either
/// finds it revoked or will be told. Asked again, nothing happens and nothing is told. Locks: docs/locks.md.
/// </remarks>
public sealed class LoginRevocation(NpgsqlDataSource database, ICommittedEvents listeners)
{
    /// <summary>$1 the person. Makes the head of a log that is empty yet, so that there is something to lock.</summary>
    private const string LockHead =
        """
        INSERT INTO user_heads (user_id, head_seq) SELECT id, 0 FROM users WHERE id = $1
        ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq
        """;

    /// <summary>$1 the person, $2 the id of one token.</summary>
    private const string RevokeOne =
        $"""
        WITH revoked AS (
            UPDATE tokens SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING user_id, hash
        ),
        {Tell}
        """;

    /// <summary>$1 the person, $2 the id of the token that stays.</summary>
    private const string RevokeOthers =
        $"""
        WITH revoked AS (
            UPDATE tokens SET revoked_at = now() WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING user_id, hash
        ),
        {Tell}
        """;

    /// <summary>$1 the person.</summary>
    private const string RevokeEach =
        $"""
        WITH ended AS (
            UPDATE tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING user_id
        ),
        revoked AS (SELECT DISTINCT user_id, NULL::bytea AS hash FROM ended),
        {Tell}
        """;

    /// <summary>$1 the person, $2 whether they may log in. Disabling tells every connection, with or without a token of ours.</summary>
    private const string Switch =
        $"""
        WITH switched AS (
            UPDATE users SET is_active = $2 WHERE id = $1 AND is_active <> $2 AND deleted_at IS NULL RETURNING id
        ),
        ended AS (
            UPDATE tokens SET revoked_at = now() WHERE NOT $2 AND user_id = $1 AND revoked_at IS NULL
        ),
        revoked AS (SELECT id AS user_id, NULL::bytea AS hash FROM switched WHERE NOT $2),
        {Tell}
        """;

    /// <summary>$1 the person. Tells every connection, with or without a token of ours.</summary>
    private const string EndAll =
        $"""
        WITH ended AS (
            UPDATE tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL
        ),
        revoked AS (SELECT $1::bigint AS user_id, NULL::bytea AS hash),
        {Tell}
        """;

    /// <summary>After <c>revoked (user_id, hash)</c> of one person: lengthens their log by as many lines.</summary>
    private const string Tell =
        """
        head AS (
            UPDATE user_heads h SET head_seq = h.head_seq + ended.lines
            FROM (SELECT user_id, count(*) AS lines FROM revoked GROUP BY user_id) AS ended
            WHERE h.user_id = ended.user_id
            RETURNING h.user_id, h.head_seq - ended.lines AS before
        )
        INSERT INTO user_events (user_id, seq, kind, token_hash, created_at)
        SELECT user_id, head.before + row_number() OVER (), 3, revoked.hash, clock_timestamp() FROM head JOIN revoked USING (user_id)
        RETURNING seq, token_hash
        """;

    /// <summary>One login ends, as when somebody logs out. False = it had ended already, or is not theirs.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="tokenId">As <see cref="AuthToken.Id"/>.</param>
    /// <param name="cancellationToken">Ends it; the login may have ended or not.</param>
    public Task<bool> RevokeAsync(long userId, long tokenId, CancellationToken cancellationToken) =>
        RunAsync(userId, [Command(LockHead, Id(userId)), Command(RevokeOne, Id(userId), Id(tokenId))], cancellationToken);

    /// <summary>Every login of a person ends but one. False = there was no other.</summary>
    public Task<bool> RevokeOthersAsync(long userId, long tokenId, CancellationToken cancellationToken) =>
        RunAsync(userId, [Command(LockHead, Id(userId)), Command(RevokeOthers, Id(userId), Id(tokenId))], cancellationToken);

    /// <summary>Every login of a person ends, as when they change their password. False = there was none.</summary>
    public Task<bool> RevokeAllAsync(long userId, CancellationToken cancellationToken) =>
        RunAsync(userId, [Command(LockHead, Id(userId)), Command(RevokeEach, Id(userId))], cancellationToken);

    /// <summary>An account is disabled, and all its logins end for good; or enabled, and the person may log in anew.</summary>
    /// <returns>False = there is no such person.</returns>
    public async Task<bool> SetActiveAsync(long userId, bool active, CancellationToken cancellationToken)
    {
        await using var find = database.CreateCommand("SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL");
        find.Parameters.Add(Id(userId));
        if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is null) return false;
        await RunAsync(
            userId,
            [
                Command("SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE", Id(userId)),
                Command(LockHead, Id(userId)),
                Command(Switch, Id(userId), new NpgsqlParameter<bool> { TypedValue = active }),
            ],
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Every login of a person ends with the caller's transaction, which announces it after its commit. Takes locks 4 and 5.</summary>
    internal static async Task<UserEvent> EndAllAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(LockHead, Id(userId)), Command(EndAll, Id(userId)) } };
        var seq = (long)(await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        return new UserEvent(userId, seq, UserEventKind.Revoked, null, null);
    }

    /// <summary>One transaction, whose last statement gives what was told, if anything was.</summary>
    private async Task<bool> RunAsync(long userId, NpgsqlBatchCommand[] statements, CancellationToken cancellationToken)
    {
        var told = new List<UserEvent>();
        await using (var batch = database.CreateBatch())
        {
            foreach (var statement in statements) batch.BatchCommands.Add(statement);
            await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            do
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (rows.GetName(0) != "seq") continue;
                    told.Add(new UserEvent(userId, rows.GetInt64(0), UserEventKind.Revoked, null, rows.IsDBNull(1) ? null : rows.GetFieldValue<byte[]>(1)));
                }
            }
            while (await rows.NextResultAsync(cancellationToken).ConfigureAwait(false));
        }

        if (told.Count == 0) return false;
        listeners.Announce(new Committed([], [.. told.OrderBy(line => line.Seq)]));
        return true;
    }

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
#pragma warning disable CA2100 // the constants above
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter<long> Id(long id) => new() { TypedValue = id };
}
