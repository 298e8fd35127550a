using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Auth;

/// <summary>From a token or a ticket to the person behind it; asked by REST, sockets and hub alike.</summary>
internal sealed class TokenAuthenticator(NpgsqlDataSource database, OidcTokens oidc, OidcAccounts accounts, IOptions<LoginOptions> options)
{
    private const string Columns = "t.id, t.hash, t.expires_at, u.id, u.username, u.first_name, u.last_name, u.role, u.is_administrator, u.avatar";

    /// <summary>Which logins hold. $2: whether those of demo accounts do.</summary>
    private const string Holds =
        "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.is_active AND u.deleted_at IS NULL AND (NOT u.is_demo OR $2)";

    /// <summary>One look by primary key. The time of use is written at most once an hour, by whoever comes first.</summary>
    private const string Find =
        $"""
        WITH used AS (
            UPDATE tokens SET last_used_at = now()
            WHERE hash = $1 AND revoked_at IS NULL AND last_used_at < now() - interval '1 hour'
        )
        SELECT {Columns} FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1 AND {Holds}
        """;

    /// <summary>Of two that come with one ticket at the same time, on whatever replica, the second waits for the first one's row and finds it gone.</summary>
    private const string Spend =
        $"""
        WITH spent AS (DELETE FROM tickets WHERE hash = $1 RETURNING token_hash, expires_at)
        SELECT {Columns} FROM spent JOIN tokens t ON t.hash = spent.token_hash JOIN users u ON u.id = t.user_id WHERE spent.expires_at > now() AND {Holds}
        """;

    private const string StillHold = $"SELECT t.id FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ANY ($1) AND {Holds}";

    /// <summary>Whose token it is, of this house or of the login provider; null = unknown, ended, expired, or its owner's account is not active.</summary>
    /// <exception cref="LoginProviderException">Nobody can tell.</exception>
    public async Task<Identity?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (token is null) return null;
        if (Tokens.Hash(token) is { } hash) return await ReadAsync(Find, hash, cancellationToken);
        if (await oidc.ReadAsync(token, cancellationToken) is not { } login) return null;
        if (await ReadAsync(Find, login.Hash, cancellationToken) is { } known && known.ExpiresAt >= login.ExpiresAt) return known;
        return await accounts.OpenAsync(login, cancellationToken) ? await ReadAsync(Find, login.Hash, cancellationToken) : null;
    }

    /// <summary>Who comes with a ticket, which is void from now on; null = spent before, expired, or its login no longer holds.</summary>
    public async Task<Identity?> SpendAsync(string? ticket, CancellationToken cancellationToken) =>
        Tokens.Hash(ticket) is { } hash ? await ReadAsync(Spend, hash, cancellationToken) : null;

    /// <summary>Whether the login behind an identity still holds, however long ago it was found.</summary>
    public async Task<bool> IsValidAsync(Identity who, CancellationToken cancellationToken) =>
        (await StillValidAsync([who], cancellationToken)).Count > 0;

    /// <summary>The logins of those among these people whose login still holds, by <see cref="Identity.LoginId"/>.</summary>
    public async Task<HashSet<long>> StillValidAsync(IEnumerable<Identity> people, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(StillHold);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. people.Select(who => who.TokenHash)] });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = options.Value.DemoAccounts });
        var valid = new HashSet<long>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) valid.Add(rows.GetInt64(0));
        return valid;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100", Justification = "All callers pass a constant.")]
    private async Task<Identity?> ReadAsync(string sql, byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = options.Value.DemoAccounts });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        var (first, last) = (row.GetString(5), row.GetString(6));
        return new Identity(
            row.GetInt64(3),
            row.GetString(4),
            first,
            last,
            PersonName.Full(first, last),
            row.GetString(7),
            row.GetBoolean(8),
            row.IsDBNull(9) || row.GetString(9).Length == 0 ? null : row.GetString(9),
            row.GetFieldValue<byte[]>(1))
        {
            LoginId = row.GetInt64(0),
            ExpiresAt = row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        };
    }
}
