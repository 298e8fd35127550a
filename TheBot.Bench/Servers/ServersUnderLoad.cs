using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using TheBot.ChatApi.Auth;
using TheBot.Migrator.Commands.Migrate;
using TheBot.Tests.Support;

namespace TheBot.Bench.Servers;

/// <summary>A durable Postgres, a Redis and some replicas of the API in Production, each a process of its own on this machine.</summary>
internal sealed partial class ServersUnderLoad : IAsyncDisposable
{
    /// <summary>As a server for a school would have it; durable, because an answer that may be lost is no answer.</summary>
    private static readonly string[] Durable =
        ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB", "max_connections=200", "max_wal_size=4GB", "checkpoint_timeout=15min"];

    /// <summary>The limits are on, so that their cost is in the figures, and high enough for a sender that does nothing else.</summary>
    private static readonly (string Name, string Value)[] Settings =
    [
        ("Chat__Limits__MessagesPerSecond", "100000"),
        ("Chat__Limits__MessagesBurst", "100000"),
        ("Logging__LogLevel__Default", "Warning"),
    ];

    private readonly PostgresServer _postgres = new(Durable);
    private readonly List<Process> _replicas = [];
    private readonly RedisServer _redis = new();

    private ServersUnderLoad()
    {
    }

    /// <summary>Connection string.</summary>
    public string Database => _postgres.ConnectionString("postgres");

    public IReadOnlyList<Uri> Replicas { get; private set; } = [];

    /// <summary>For <see cref="Load.ProcessMeter"/>: <c>api1</c>, <c>api2</c>..., <c>pg</c>, <c>redis</c>.</summary>
    public IReadOnlyList<(string Name, int Id)> Processes =>
        [.. _replicas.Select((replica, i) => ($"api{i + 1}", replica.Id)), ("pg", _postgres.ProcessId), ("redis", _redis.ProcessId)];

    public static async Task<ServersUnderLoad> StartAsync(int replicas, BenchSchool school)
    {
        var servers = new ServersUnderLoad();
        try
        {
            await servers._postgres.CreateAsync();
            await servers._redis.StartAsync();
            await MigrateAsync(servers.Database);
            await school.FillAsync(servers.Database);
            for (var i = 0; i < replicas; i++) servers._replicas.Add(servers.Start(typeof(Identity).Assembly.Location));
            servers.Replicas = await Task.WhenAll(servers._replicas.Select(ListeningAsync));
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the migrator on a database.</summary>
    public static async Task MigrateAsync(string database)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SchemaUpgrade).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment["ConnectionStrings__chatdb"] = database;
        using var migrator = Process.Start(start)!;
        var said = await migrator.StandardOutput.ReadToEndAsync();
        await migrator.WaitForExitAsync();
        if (migrator.ExitCode != 0) throw new InvalidOperationException($"the migrator failed: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            replica.Kill(entireProcessTree: true);
            await replica.WaitForExitAsync();
            replica.Dispose();
        }

        Npgsql.NpgsqlConnection.ClearAllPools();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private Process Start(string api)
    {
        var start = new ProcessStartInfo("dotnet", [api]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(api) };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ConnectionStrings__chatdb"] = Database;
        start.Environment["ConnectionStrings__redis"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redis.Port}");
        // the one line that is waited for, among warnings only
        start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information";
        foreach (var (name, value) in Settings) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<Uri> ListeningAsync(Process replica)
    {
        while (await replica.StandardOutput.ReadLineAsync(Deadline.Token()) is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match) continue;
            _ = replica.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
            return new Uri(match.Groups[1].Value);
        }

        throw new InvalidOperationException("a replica ended before it listened");
    }

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
