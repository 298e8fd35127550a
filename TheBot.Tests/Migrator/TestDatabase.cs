using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace TheBot.Tests.Migrator;

/// <summary>A database with whatever is in it, as an operator with psql would meet it.</summary>
internal sealed class TestDatabase(string connectionString) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);

    public string ConnectionString { get; } = connectionString;

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = Command(sql);
        return (T?)await command.ExecuteScalarAsync(Deadline.Token());
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync(Deadline.Token());
    }

    /// <summary>A transaction that has run a statement and stays open until it is disposed.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "constants of the tests")]
    public async Task<IAsyncDisposable> HoldAsync(string sql)
    {
        var connection = await _source.OpenConnectionAsync(Deadline.Token());
        var transaction = await connection.BeginTransactionAsync(Deadline.Token());
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(Deadline.Token());
        return connection;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [SuppressMessage("Security", "CA2100", Justification = "constants of the tests, and what the tool under test wrote")]
    private NpgsqlCommand Command(string sql) => _source.CreateCommand(sql);
}
