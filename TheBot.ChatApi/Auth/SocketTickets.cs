using Npgsql;

namespace TheBot.ChatApi.Auth;

/// <summary>Tickets: a browser's socket sends no headers, and a login token in an address ends up in logs. A ticket does too, but is spent by then.</summary>
/// <remarks>Kept in the database, so that it does not matter which replica is asked; spending one is <see cref="TokenAuthenticator.SpendAsync"/>.</remarks>
internal sealed class SocketTickets(NpgsqlDataSource database)
{
    /// <summary>From the answer that brings it to the socket that spends it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>$1 its hash, $2 the login's, $3 seconds. Whatever is over goes, and of a login's tickets only the newest ten stay.</summary>
    private const string Issue =
        """
        WITH expired AS (
            DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE expires_at < now() FOR UPDATE SKIP LOCKED)
        ),
        surplus AS (
            DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE token_hash = $2 ORDER BY expires_at DESC OFFSET 9 FOR UPDATE SKIP LOCKED)
        )
        INSERT INTO tickets (hash, token_hash, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))
        """;

    /// <summary>A new ticket for the login of an identity; this is the only time anybody sees it.</summary>
    public async Task<string> IssueAsync(Identity who, CancellationToken cancellationToken)
    {
        var ticket = Tokens.New();
        await using var command = database.CreateCommand(Issue);
        command.Parameters.Add(new NpgsqlParameter<byte[]?> { TypedValue = Tokens.Hash(ticket) });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = who.TokenHash });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = Lifetime.TotalSeconds });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return ticket;
    }
}
