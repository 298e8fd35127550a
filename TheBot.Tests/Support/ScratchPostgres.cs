using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using TheBot.Data;
using TheBot.Data.Schema;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Tests.Support;

/// <summary>A Postgres of its own for tests that need a database and no graph: installed binaries, a temporary folder, a migrated database a test.</summary>
public sealed class ScratchPostgres : IAsyncLifetime
{
    private const string Template = "migrated";

    private readonly string _folder = Directory.CreateTempSubdirectory("thebot-pg-").FullName;
    private readonly int _port = FreePort();
    private Process? _server;
    private int _databases;

    public async Task InitializeAsync()
    {
        var binaries = FindBinaries();
        using (var initdb = Start(Path.Combine(binaries, "initdb"), "-D", _folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
        {
            var said = await initdb.StandardOutput.ReadToEndAsync(Deadline.Token());
            await initdb.WaitForExitAsync(Deadline.Token());
            if (initdb.ExitCode != 0) throw new InvalidOperationException($"initdb failed: {said} {await initdb.StandardError.ReadToEndAsync(Deadline.Token())}");
        }

        await StartAsync();
        await ExecuteAsync($"CREATE DATABASE {Template}");
        await MigrateAsync(ConnectionString(Template));
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Starts the server, also after <see cref="StopAsync"/>, on the same port with the same data.</summary>
    public async Task StartAsync()
    {
        var token = Deadline.Token();
        while (true)
        {
            _server = Start(
                Path.Combine(FindBinaries(), "postgres"),
                "-D", _folder, "-p", _port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "fsync=off", "-c", "max_connections=300");
            try
            {
                await ReadyAsync(_server);
                return;
            }
            catch (InvalidOperationException) when (!token.IsCancellationRequested)
            {
                // the killed server's last processes still hold its memory
                _server.Dispose();
            }
        }
    }

    /// <summary>Kills the server: nothing is told to its clients, and what was committed has to be recovered.</summary>
    public async Task StopAsync()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill(entireProcessTree: true);
            await _server.WaitForExitAsync(Deadline.Token());
        }

        _server?.Dispose();
        _server = null;
    }

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
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // pooled, because a thousand parallel calls must queue for connections rather than fail
    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Timeout=120;Maximum Pool Size=60";

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Pooling=false");
        await connection.OpenAsync(Deadline.Token());
#pragma warning disable CA2100 // names of databases, made here
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Deadline.Token());
    }

    /// <summary>The server says on stderr that it is ready; the rest of what it says is read so that it never blocks.</summary>
    private static async Task ReadyAsync(Process server)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) ready.TrySetException(new InvalidOperationException("postgres ended before it was ready"));
            else if (line.Data.Contains("ready to accept connections", StringComparison.Ordinal)) ready.TrySetResult();
        };
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        await ready.Task.WaitAsync(Deadline.Token());
    }

    /// <summary>Postgres refuses to run as root; root puts it into a user namespace where it is somebody else.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        string[] whole = Environment.IsPrivilegedProcess
            ? ["unshare", "-U", "--map-user=65534", "--map-group=65534", "--kill-child", program, .. arguments]
            : [program, .. arguments];
        var start = new ProcessStartInfo(whole[0], whole[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C"; // its messages in English: one of them is waited for
        return Process.Start(start) ?? throw new InvalidOperationException($"could not start {program}");
    }

    private static string FindBinaries()
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(Version).Select(folder => Path.Combine(folder, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return onPath.Concat(installed).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("no PostgreSQL: neither on the PATH nor in /usr/lib/postgresql");
    }

    private static int Version(string folder) => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Tests that share one server.</summary>
[CollectionDefinition(Name)]
public sealed class ScratchPostgresTests : ICollectionFixture<ScratchPostgres>
{
    public const string Name = "scratch postgres";
}
