using Npgsql;
using TheBot.ChatApi.Auth;

namespace TheBot.Tests.Support;

/// <summary>Logins without the price of a password.</summary>
internal static class Logins
{
    /// <summary>One more login of somebody: its token.</summary>
    public static async Task<string> LogInAsync(this NpgsqlDataSource database, long userId)
    {
        var token = Tokens.New();
        await using var command = database.CreateCommand("INSERT INTO tokens (hash, user_id, device) VALUES ($1, $2, 'test')");
        command.Parameters.AddWithValue(Tokens.Hash(token)!);
        command.Parameters.AddWithValue(userId);
        await command.ExecuteNonQueryAsync(Deadline.Token());
        return token;
    }
}
