using Npgsql;
using TheBot.Contracts;

namespace TheBot.ChatApi.Auth;

/// <summary>Somebody's logins that still hold.</summary>
internal sealed class OwnLogins(NpgsqlDataSource database)
{
    private const string Read =
        """
        SELECT t.id, coalesce(t.device, ''), t.created_at, t.last_used_at, t.expires_at
        FROM tokens t
        WHERE t.user_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
        ORDER BY t.last_used_at DESC, t.id DESC
        LIMIT 100
        """;

    /// <param name="userId">Whose.</param>
    /// <param name="current">The login that asks.</param>
    /// <param name="cancellationToken">The request's end.</param>
    public async Task<List<LoginItem>> ListAsync(long userId, long current, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Read);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        var found = new List<LoginItem>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            found.Add(new LoginItem(
                rows.GetInt64(0),
                rows.GetString(1),
                WireTime.Format(rows.GetFieldValue<DateTimeOffset>(2)),
                WireTime.Format(rows.GetFieldValue<DateTimeOffset>(3)),
                rows.IsDBNull(4) ? null : WireTime.Format(rows.GetFieldValue<DateTimeOffset>(4)),
                rows.GetInt64(0) == current));
        }

        return found;
    }
}
