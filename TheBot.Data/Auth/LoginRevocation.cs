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

    /// <summary>$1 the person, $2 the hash of one token.</summary>
    private const string RevokeOne =
        $"""
        WITH revoked AS (
            UPDATE tokens SET revoked_at = now() WHERE user_id = $1 AND hash = $2 AND revoked_at IS NULL RETURNING user_id, hash
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
            UPDATE users SET is_active = $2 WHERE id = $1 AND is_active <> $2 RETURNING id
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

    /// <summary>After <c>revoked (user_id, hash)</c> of one line at most: lengthens the person's log by it.</summary>
    private const string Tell =
        """
        head AS (
            UPDATE user_heads h SET head_seq = h.head_seq + 1 FROM revoked WHERE h.user_id = revoked.user_id
            RETURNING h.user_id, h.head_seq, revoked.hash
        )
        INSERT INTO user_events (user_id, seq, kind, token_hash, created_at)
        SELECT user_id, head_seq, 3, hash, clock_timestamp() FROM head
        RETURNING seq
        """;

    /// <summary>One login ends, as when somebody logs out. False = it had ended already, or is nobody's.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="tokenHash">As <see cref="AuthToken.Hash"/>.</param>
    /// <param name="cancellationToken">Ends it; the login may have ended or not.</param>
    public Task<bool> RevokeAsync(long userId, byte[] tokenHash, CancellationToken cancellationToken) =>
        RunAsync(userId, tokenHash, [Command(LockHead, Id(userId)), Command(RevokeOne, Id(userId), new NpgsqlParameter<byte[]> { TypedValue = tokenHash })], cancellationToken);

    /// <summary>Every login of a person ends, as when they change their password. False = there was none.</summary>
    public Task<bool> RevokeAllAsync(long userId, CancellationToken cancellationToken) =>
        RunAsync(userId, null, [Command(LockHead, Id(userId)), Command(RevokeEach, Id(userId))], cancellationToken);

    /// <summary>An account is disabled, and all its logins end for good; or enabled, and the person may log in anew.</summary>
    /// <returns>False = there is no such person.</returns>
    public async Task<bool> SetActiveAsync(long userId, bool active, CancellationToken cancellationToken)
    {
        await using var find = database.CreateCommand("SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL");
        find.Parameters.Add(Id(userId));
        if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is null) return false;
        await RunAsync(
            userId,
            null,
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

    /// <summary>One transaction, whose last statement gives the seq of what was told, if anything was.</summary>
    private async Task<bool> RunAsync(long userId, byte[]? tokenHash, NpgsqlBatchCommand[] statements, CancellationToken cancellationToken)
    {
        long? seq = null;
        await using (var batch = database.CreateBatch())
        {
            foreach (var statement in statements) batch.BatchCommands.Add(statement);
            await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            do
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) seq = rows.GetName(0) == "seq" ? rows.GetInt64(0) : null;
            }
            while (await rows.NextResultAsync(cancellationToken).ConfigureAwait(false));
        }

        if (seq is not { } told) return false;
        listeners.Announce(new Committed([], [new UserEvent(userId, told, UserEventKind.Revoked, null, tokenHash)]));
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

    private static NpgsqlParameter<long> Id(long userId) => new() { TypedValue = userId };
}
