using Npgsql;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Auth;

/// <summary>From a name and a password to a token. Another device's token goes on working.</summary>
internal sealed class LoginDesk(NpgsqlDataSource database, IHostEnvironment environment) : IDisposable
{
    private const int DeviceMaxLength = 200;

    // E-mail is not unique (a family may share one): whose password it is, is who comes in.
    private const string Columns =
        """
        SELECT id, email, password_hash, first_name, last_name, role, is_administrator, is_active, is_demo, avatar, created_at
        FROM users
        """;

    private const string ByEmail = $"{Columns} WHERE lower(email) = lower($1) AND deleted_at IS NULL ORDER BY id LIMIT 5";
    private const string ByUsername = $"{Columns} WHERE username = $1 AND deleted_at IS NULL";

    /// <summary>A password costs a good part of a second of one core: a rush of logins may not take the cores from those who are in.</summary>
    private readonly SemaphoreSlim _hashing = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Everybody whose password this is, or null; refusing an unknown name costs what refusing a password does.</summary>
    public async Task<Account?> FindAsync(string? email, string? username, string password, CancellationToken cancellationToken)
    {
        var candidates = await ReadAsync(email is null ? ByUsername : ByEmail, email ?? username ?? "", cancellationToken);
        await _hashing.WaitAsync(cancellationToken);
        try
        {
            // demo accounts have a published password
            var account = candidates.Find(candidate => DjangoPassword.Verify(password, candidate.PasswordHash) && (!candidate.IsDemo || environment.IsDevelopment()));
            if (candidates.Count == 0) DjangoPassword.Verify(password, stored: null);
            return account;
        }
        finally
        {
            _hashing.Release();
        }
    }

    /// <summary>A new token; this is the only time anybody sees it.</summary>
    public async Task<string> IssueAsync(long userId, string? device, CancellationToken cancellationToken)
    {
        var token = Tokens.New();
        await using var command = database.CreateCommand("INSERT INTO tokens (hash, user_id, device) VALUES ($1, $2, $3)");
        command.Parameters.Add(new NpgsqlParameter<byte[]?> { TypedValue = Tokens.Hash(token) });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = device?.Length > DeviceMaxLength ? device[..DeviceMaxLength] : device ?? "" });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    public void Dispose() => _hashing.Dispose();

    private async Task<List<Account>> ReadAsync(string sql, string name, CancellationToken cancellationToken)
    {
        var found = new List<Account>();
        await using var command = sql == ByEmail ? database.CreateCommand(ByEmail) : database.CreateCommand(ByUsername);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            found.Add(new Account(
                row.GetInt64(0),
                row.IsDBNull(1) ? "" : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.GetString(5),
                row.GetBoolean(6),
                row.GetBoolean(7),
                row.GetBoolean(8),
                row.IsDBNull(9) || row.GetString(9).Length == 0 ? null : "/media/" + row.GetString(9),
                row.GetFieldValue<DateTimeOffset>(10)));
        }

        return found;
    }
}

/// <summary>An account at the moment of login.</summary>
internal sealed record Account(
    long Id,
    string Email,
    string? PasswordHash,
    string FirstName,
    string LastName,
    string Role,
    bool IsAdministrator,
    bool IsActive,
    bool IsDemo,
    string? Avatar,
    DateTimeOffset CreatedAt)
{
    /// <summary>Not the compiler's: nothing of an account belongs into a log.</summary>
    public override string ToString() => $"account {Id}";
}
