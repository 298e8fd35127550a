using System.Diagnostics;
using System.Globalization;

namespace TheBot.Tests.Support;

/// <summary>A Postgres server of its own: installed binaries, a temporary folder, a free port of this machine.</summary>
/// <param name="settings">As <c>name=value</c>, beside those that it needs to be alone on the machine.</param>
internal sealed class PostgresServer(params string[] settings) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("thebot-pg-").FullName;
    private int _port = Ports.Free();
    private bool _hasRun;
    private Process? _server;

    /// <summary>Of the server, or of what started it: its children are the server's processes.</summary>
    public int ProcessId => _server!.Id;

    /// <summary>Makes the folder and starts the server.</summary>
    /// <param name="prepare">Given the server's folder before the first start: for who may connect and with what certificate.</param>
    public async Task CreateAsync(Action<string>? prepare = null)
    {
        using (var initdb = Start(Path.Combine(FindBinaries(), "initdb"), "-D", _folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
        {
            var said = await initdb.StandardOutput.ReadToEndAsync(Deadline.Token());
            await initdb.WaitForExitAsync(Deadline.Token());
            if (initdb.ExitCode != 0) throw new InvalidOperationException($"initdb failed: {said} {await initdb.StandardError.ReadToEndAsync(Deadline.Token())}");
        }

        prepare?.Invoke(_folder);
        await StartAsync();
    }

    /// <summary>Starts the server, also after <see cref="StopAsync"/>, on the same port with the same data.</summary>
    public async Task StartAsync()
    {
        var token = Deadline.Token();
        while (true)
        {
            string[] own = [$"port={_port}", "listen_addresses=127.0.0.1", "unix_socket_directories="];
            _server = Start(Path.Combine(FindBinaries(), "postgres"), ["-D", _folder, .. own.Concat(settings).SelectMany(setting => new[] { "-c", setting })]);
            try
            {
                await ReadyAsync(_server);
                _hasRun = true;
                return;
            }
            catch (InvalidOperationException) when (!token.IsCancellationRequested)
            {
                // the killed server's last processes still hold its memory; or somebody was faster at a port that no client knows yet
                _server.Dispose();
                if (!_hasRun) _port = Ports.Free();
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

    public string ConnectionString(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database}");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
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

    /// <summary>The folder of the installed programs, of the newest version.</summary>
    /// <param name="program">The one that must be there.</param>
    public static string FindBinaries(string program = "initdb")
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(Version).Select(folder => Path.Combine(folder, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return onPath.Concat(installed).FirstOrDefault(folder => File.Exists(Path.Combine(folder, program)))
            ?? throw new InvalidOperationException("no PostgreSQL: neither on the PATH nor in /usr/lib/postgresql");
    }

    private static int Version(string folder) => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
