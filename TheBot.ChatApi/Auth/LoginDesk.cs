using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Limits;
using TheBot.Data.Auth;
using TheBot.Data.Media;

namespace TheBot.ChatApi.Auth;

/// <summary>From a name and a password to a token. Another device's token goes on working.</summary>
internal sealed class LoginDesk(NpgsqlDataSource database, AddressLimits addresses, IOptions<LoginOptions> options) : IDisposable
{
    private const int DeviceMaxLength = 200;

    // E-mail is not unique (a family may share one): whose password it is, is who comes in.
    private const string Columns =
        """
        SELECT id, email, password_hash, first_name, last_name, role, is_administrator, is_active, is_demo, avatar, created_at
        FROM users
        """;

    private const string ByEmail = $"{Columns} WHERE lower(email) = lower($1) AND deleted_at IS NULL ORDER BY id LIMIT 5";

    // A phone begins a name with a capital letter. Two imported names may differ in nothing but that: the one that was typed comes first.
    private const string ByUsername = $"{Columns} WHERE lower(username) = lower($1) AND deleted_at IS NULL ORDER BY username <> $1, id LIMIT 5";

    /// <summary>A password costs a good part of a second of one core: a rush of logins may not take the cores from those who are in.</summary>
    private readonly SemaphoreSlim _hashing = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Whose password this is; refusing an unknown name costs what refusing a password does, once for each account that an address or a name is of.</summary>
    /// <param name="email">The name to look for, unless it is null.</param>
    /// <param name="username">Otherwise this one, in any case of its letters.</param>
    /// <param name="password">As it was typed.</param>
    /// <param name="address">Where from: failures are counted by address.</param>
    /// <param name="cancellationToken">The request's end.</param>
    public async Task<LoginAttempt> FindAsync(string? email, string? username, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        // Postgres takes neither NUL nor half a character, so nobody is called that
        var name = email ?? username ?? "";
        var candidates = FieldRules.IsStorable(name) ? await ReadAsync(email is null ? ByUsername : ByEmail, name, cancellationToken) : [];
        await _hashing.WaitAsync(cancellationToken);
        try
        {
            // asked for here, where few are at the same time, or all who came at once would be let through
            if (!addresses.MayLogIn(address, out var retryAfter)) return new LoginAttempt(null, retryAfter);
            // demo accounts have a published password
            var account = candidates.Find(candidate => DjangoPassword.Verify(password, candidate.PasswordHash) && (!candidate.IsDemo || options.Value.DemoAccounts));
            if (candidates.Count == 0) DjangoPassword.Verify(password, stored: null);
            if (account is null) addresses.LoginFailed(address);
            else if (DjangoPassword.IsWeak(account.PasswordHash)) await StrengthenAsync(account, password, cancellationToken);
            return new LoginAttempt(account, null);
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
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Beginning(device) });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    public void Dispose() => _hashing.Dispose();

    /// <summary>The only moment in which the password is known. Whoever has changed it meanwhile keeps the new one.</summary>
    private async Task StrengthenAsync(Account account, string password, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = DjangoPassword.Hash(password) });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = account.PasswordHash });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Never ends within a surrogate pair.</summary>
    private static string Beginning(string? device) =>
        device is not { Length: > DeviceMaxLength } ? device ?? ""
        : device[..(char.IsHighSurrogate(device[DeviceMaxLength - 1]) ? DeviceMaxLength - 1 : DeviceMaxLength)];

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
                MediaAddress.Of(row.IsDBNull(9) ? null : row.GetString(9)),
                row.GetFieldValue<DateTimeOffset>(10)));
        }

        return found;
    }
}

/// <param name="Account">Who it is; null = nobody with this name and password.</param>
/// <param name="RetryAfter">Not null = nobody was looked for: too many failures from this address, try again after that.</param>
internal readonly record struct LoginAttempt(Account? Account, TimeSpan? RetryAfter);

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
