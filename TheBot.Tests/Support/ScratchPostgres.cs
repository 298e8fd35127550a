using Microsoft.EntityFrameworkCore;
using Npgsql;
using TheBot.Data;
using TheBot.Data.Schema;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Tests.Support;

/// <summary>A Postgres of its own for tests that need a database and no graph: a migrated database a test, on a server that need not outlive a power cut.</summary>
public sealed class ScratchPostgres : IAsyncLifetime
{
    private const string Template = "migrated";

    private readonly PostgresServer _server = new("fsync=off", "max_connections=300");
    private int _databases;

    public async Task InitializeAsync()
    {
        await _server.CreateAsync();
        await ExecuteAsync($"CREATE DATABASE {Template}");
        await MigrateAsync(ConnectionString(Template));
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Starts the server, also after <see cref="StopAsync"/>, on the same port with the same data.</summary>
    public Task StartAsync() => _server.StartAsync();

    /// <summary>Kills the server: nothing is told to its clients, and what was committed has to be recovered.</summary>
    public Task StopAsync() => _server.StopAsync();

    /// <summary>A fresh database with the newest schema.</summary>
    public async Task<string> NewDatabaseAsync(bool migrated = true)
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {(migrated ? Template : "template0")}");
        return ConnectionString(name);
    }

    public static async Task MigrateAsync(string connectionString)
    {
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql(connectionString).UseChatModel();
        await using var context = new ChatDbContext(options.Options);
        await SchemaUpgrade.RunAsync(context, Deadline.Token());
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _server.DisposeAsync();
    }

    // pooled, because a thousand parallel calls must queue for connections rather than fail
    private string ConnectionString(string database) => $"{_server.ConnectionString(database)};Timeout=120;Maximum Pool Size=60";

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{_server.ConnectionString("postgres")};Pooling=false");
        await connection.OpenAsync(Deadline.Token());
#pragma warning disable CA2100 // names of databases, made here
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Deadline.Token());
    }
}

/// <summary>Tests that share one server.</summary>
[CollectionDefinition(Name)]
public sealed class ScratchPostgresTests : ICollectionFixture<ScratchPostgres>
{
    public const string Name = "scratch postgres";
}
