using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>PostgreSQL's own programs, found on the PATH or where distributions put them; a dump of another server version is theirs to judge.</summary>
internal sealed partial class PostgresTools
{
    private readonly string _folder;
    private readonly NpgsqlConnectionStringBuilder _target;
    private readonly TimeSpan _lockTimeout;

    private PostgresTools(string folder, NpgsqlConnectionStringBuilder target, TimeSpan lockTimeout) => (_folder, _target, _lockTimeout) = (folder, target, lockTimeout);

    /// <summary>The newest that there are, which must not be older than the server.</summary>
    /// <param name="run">Whose connection string they get, in their own terms (<see cref="LibpqEnvironment"/>).</param>
    /// <param name="connection">An open connection to the server that they are to work on: of several hosts the one that was found.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="VerbFailure">There are none, or only older ones.</exception>
    public static async Task<PostgresTools> FindAsync(VerbRun run, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var server = connection.PostgreSqlVersion;
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var installed = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : [];
        (string Folder, int Major)? newest = null;
        foreach (var folder in onPath.Concat(installed).Where(folder => File.Exists(Path.Combine(folder, "pg_dump")) && File.Exists(Path.Combine(folder, "pg_restore"))))
        {
            var major = await MajorAsync(Path.Combine(folder, "pg_dump"), cancellationToken).ConfigureAwait(false);
            if (newest is null || major > newest.Value.Major) newest = (folder, major);
        }

        if (newest is not { } found) throw new VerbFailure("there is no pg_dump: neither on the PATH nor in /usr/lib/postgresql/*/bin (Debian: apt-get install postgresql-client)");
        if (found.Major < server.Major) throw new VerbFailure($"{found.Folder}/pg_dump is version {found.Major}, the server {server.Major}: install postgresql-client-{server.Major}");
        var target = new NpgsqlConnectionStringBuilder(run.ConnectionString) { Host = connection.Host, Port = connection.Port };
        return new PostgresTools(found.Folder, target, run.LockTimeout);
    }

    /// <summary>Writes what a snapshot sees into a file of the custom format; one that is there already keeps its permissions. Presence is not worth keeping: its tables come back empty.</summary>
    public Task DumpAsync(string snapshot, string file, CancellationToken cancellationToken) => RunAsync(
        "pg_dump",
        _target.Database!,
        [
            "--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data", $"--snapshot={snapshot}", $"--file={file}",

            // it takes the session's own limit away
            string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={(long)_lockTimeout.TotalMilliseconds}"),
        ],
        cancellationToken);

    /// <summary>Reads a file into an empty database, whole or not at all.</summary>
    public Task RestoreAsync(string file, string database, CancellationToken cancellationToken) => RunAsync(
        "pg_restore",
        database,
        ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", $"--dbname={database}", file],
        cancellationToken);

    private async Task RunAsync(string program, string database, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in LibpqEnvironment.Of(_target, database))
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new VerbFailure($"{program} does not start");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = await process.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0) throw new VerbFailure(Reason(errors) ?? $"{program} ended with {process.ExitCode}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>The first line of what it said; a lock that it did not get it calls a statement that took too long.</summary>
    private static string? Reason(string errors) => errors.Contains("Query was: LOCK TABLE", StringComparison.Ordinal)
        ? Refusal.LockHeld
        : errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();

    private static async Task<int> MajorAsync(string program, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true });
        var said = process is null ? "" : await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        return Number().Match(said) is { Success: true } match ? int.Parse(match.Value, CultureInfo.InvariantCulture) : 0;
    }

    // pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
