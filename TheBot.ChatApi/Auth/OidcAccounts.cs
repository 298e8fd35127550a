using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Http;

namespace TheBot.ChatApi.Auth;

/// <summary>From a provider's login to an account that exists. Logins by provider are kept beside the others, so that whatever ends, lists or follows those does the same to these.</summary>
internal sealed class OidcAccounts(NpgsqlDataSource database, IOptions<OidcOptions> options)
{
    // Two names may differ in the case of their letters: then only the one that is exactly it.
    private const string ByUsername = "SELECT id, username = $1 FROM users WHERE lower(username) = lower($1) AND is_active AND deleted_at IS NULL LIMIT 3";

    private const string ByEmail = "SELECT id, false FROM users WHERE lower(email) = lower($1) AND is_active AND deleted_at IS NULL LIMIT 2";

    private const string ById = "SELECT id, true FROM users WHERE id = CASE WHEN $1 ~ '^[0-9]{1,18}$' THEN $1::bigint END AND is_active AND deleted_at IS NULL";

    /// <summary>$1 hash, $2 person, $3 provider, $4 its end. A renewed token moves the end; what was ended stays so. What expired long ago goes, unless it was ended:
    /// the provider may go on to renew it.</summary>
    private const string Open =
        """
        WITH forgotten AS (
            DELETE FROM tokens WHERE hash IN (
                SELECT hash FROM tokens WHERE user_id = $2 AND expires_at < now() - interval '30 days' AND revoked_at IS NULL FOR UPDATE SKIP LOCKED)
        )
        INSERT INTO tokens (hash, user_id, device, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (hash) DO UPDATE SET expires_at = greatest(tokens.expires_at, excluded.expires_at), last_used_at = now()
        WHERE tokens.revoked_at IS NULL AND tokens.user_id = excluded.user_id
        """;

    /// <summary>Makes a login known, or later; false = it is nobody's account, or more than one person's, or the login was ended or is another person's.</summary>
    public async Task<bool> OpenAsync(OidcLogin login, CancellationToken cancellationToken)
    {
        if (await FindAsync(login.Account, cancellationToken) is not { } userId) return false;
        await using var command = database.CreateCommand(Open);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = login.Hash });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = login.Issuer });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = login.ExpiresAt });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private async Task<long?> FindAsync(string account, CancellationToken cancellationToken)
    {
        if (!FieldRules.IsStorable(account)) return null;
        await using var command = options.Value.Account switch
        {
            OidcAccount.Id => database.CreateCommand(ById),
            OidcAccount.Email => database.CreateCommand(ByEmail),
            _ => database.CreateCommand(ByUsername),
        };
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = account });
        var found = new List<(long Id, bool IsExact)>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) found.Add((rows.GetInt64(0), rows.GetBoolean(1)));
        if (found.Count == 1) return found[0].Id;
        return found.Find(candidate => candidate.IsExact) is { Id: not 0 } exact ? exact.Id : null;
    }
}
