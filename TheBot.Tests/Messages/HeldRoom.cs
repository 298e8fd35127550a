using Npgsql;

namespace TheBot.Tests.Messages;

/// <summary>Somebody else's transaction that has locked a room, as a roster change or a person at a prompt does.</summary>
internal sealed class HeldRoom : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldRoom(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    public static async Task<HeldRoom> TakeAsync(NpgsqlDataSource database, long roomId)
    {
        var connection = await database.OpenConnectionAsync(Deadline.Token());
        var transaction = await connection.BeginTransactionAsync(Deadline.Token());
        await using var command = new NpgsqlCommand("SELECT FROM rooms WHERE id = $1 FOR NO KEY UPDATE", connection) { Parameters = { new() { Value = roomId } } };
        await command.ExecuteNonQueryAsync(Deadline.Token());
        return new HeldRoom(connection, transaction);
    }

    /// <summary>Until somebody waits for this lock.</summary>
    public Task WantedAsync() => Deadline.UntilAsync(IsWantedAsync, wanted => wanted, "somebody who waits for the room");

    public async Task<bool> IsWantedAsync()
    {
        // not pg_stat_activity, which a transaction sees as it was when first asked
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))", _connection);
        return (bool)(await command.ExecuteScalarAsync(Deadline.Token()))!;
    }

    /// <summary>What its holder does meanwhile; for the others it happens with <see cref="ReleaseAsync"/>.</summary>
    public async Task DoAsync(string sql, params object[] values)
    {
#pragma warning disable CA2100 // constants of the tests
        await using var command = new NpgsqlCommand(sql, _connection);
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.AddWithValue(value);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Deadline.Token()));
    }

    public Task ReleaseAsync() => _transaction.CommitAsync(Deadline.Token());

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
