using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Auth;

/// <summary>From a token to the person behind it; asked by REST, sockets and hub alike.</summary>
internal sealed class TokenAuthenticator(NpgsqlDataSource database)
{
    /// <summary>One look by primary key. The time of use is written at most once an hour, by whoever comes first.</summary>
    private const string Find =
        """
        WITH used AS (
            UPDATE tokens SET last_used_at = now()
            WHERE hash = $1 AND revoked_at IS NULL AND last_used_at < now() - interval '1 hour'
        )
        SELECT u.id, u.username, u.first_name, u.last_name, u.role, u.is_administrator, u.avatar
        FROM tokens t
        JOIN users u ON u.id = t.user_id
        WHERE t.hash = $1 AND t.revoked_at IS NULL AND u.is_active AND u.deleted_at IS NULL
        """;

    /// <summary>Whether the login behind an identity still holds, however long ago it was found.</summary>
    public async Task<bool> IsValidAsync(Identity who, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT EXISTS (
                SELECT FROM tokens t
                JOIN users u ON u.id = t.user_id
                WHERE t.hash = $1 AND t.revoked_at IS NULL AND u.is_active AND u.deleted_at IS NULL)
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = who.TokenHash });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Whose token it is; null = unknown, revoked, or its owner's account is not active.</summary>
    public async Task<Identity?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (Tokens.Hash(token) is not { } hash) return null;
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        var (first, last) = (row.GetString(2), row.GetString(3));
        return new Identity(
            row.GetInt64(0),
            row.GetString(1),
            first,
            last,
            PersonName.Full(first, last),
            row.GetString(4),
            row.GetBoolean(5),
            row.IsDBNull(6) || row.GetString(6).Length == 0 ? null : row.GetString(6),
            hash);
    }
}
