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
    private readonly VerbRun _run;

    private PostgresTools(string folder, NpgsqlConnectionStringBuilder target, VerbRun run) => (_folder, _target, _run) = (folder, target, run);

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
        return new PostgresTools(found.Folder, target, run);
    }

    /// <summary>Writes what a snapshot sees into a file of the custom format; one that is there already keeps its permissions. Presence is not worth keeping: its tables come back empty.</summary>
    public Task DumpAsync(string snapshot, string file, Action<string> hear, CancellationToken cancellationToken) => ToolRun.RunAsync(
        Program("pg_dump"),
        [
            "--verbose", "--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data", $"--snapshot={snapshot}", $"--file={file}",

            // it takes the session's own limit away
            string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={(long)_run.LockTimeout.TotalMilliseconds}"),
        ],
        LibpqEnvironment.Of(_target, _target.Database!),
        hear,
        input: null,
        cancellationToken);

    /// <summary>What is in a file, by its own list.</summary>
    public async Task<BackupContents> ListAsync(string file, CancellationToken cancellationToken) =>
        BackupContents.Of(await ReadAsync(file, ["--list", file], _target.Database!, _ => { }, input: null, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads a file into an empty database, whole or not at all, and tells on stderr how far it is.</summary>
    public async Task RestoreAsync(string file, string database, CancellationToken cancellationToken)
    {
        var contents = await ListAsync(file, cancellationToken).ConfigureAwait(false);
        using var progress = new RestoreProgress(_run, new FileInfo(file).Length, contents.IndexesAndConstraints);

        // through its input, because only so can be told how much of it is read
        await ReadAsync(
            file,
            ["--verbose", "--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", $"--dbname={database}"],
            database,
            progress.Hear,
            input => progress.FeedAsync(file, input, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> ReadAsync(string file, string[] arguments, string database, Action<string> hear, Func<Stream, Task>? input, CancellationToken cancellationToken)
    {
        try
        {
            return await ToolRun.RunAsync(Program("pg_restore"), arguments, LibpqEnvironment.Of(_target, database), hear, input, cancellationToken).ConfigureAwait(false);
        }
        catch (VerbFailure failure)
        {
            throw new VerbFailure($"{file}: {failure.Message}", failure.ExitCode, failure);
        }
    }

    private string Program(string name) => Path.Combine(_folder, name);

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
