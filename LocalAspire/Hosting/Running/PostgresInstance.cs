using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace LocalAspire.Running;

/// <summary>A PostgreSQL server as a child process, or nothing at all where the configuration names a server.</summary>
internal sealed class PostgresInstance(Orchestrator owner, PostgresServerResource server, string id) : Instance(owner, server, id)
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(30);

    private (string Path, bool LivesOn)? _place;

    // "fast shutdown": connections are closed, the data is left clean
    protected override int StopSignal => ChildProcess.Interrupt;

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        if (server.External is not null)
        {
            PublishSource("configured connection string");
            return null;
        }

        var installation = await PostgresInstallation.FindAsync(Owner.UsesInstalledServers);
        var (place, livesOn) = _place ??= Owner.Folders.DataFolder(server);
        PublishSource($"PostgreSQL {installation.Version}, {place}");
        var data = await PrepareAsync(installation, place, cancellationToken);
        var port = server.PrimaryEndpoint.Number;
        // a socket in the run's own folder is the administrator's way in, without a password; everybody else needs it
        var sockets = Owner.Folders.Temporary;
        string[] settings = [$"port={port}", "listen_addresses=localhost", $"unix_socket_directories={sockets}", "log_line_prefix=", "log_checkpoints=off"];
        string[] careless = livesOn ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        var command = installation.Command("postgres", ["-D", data, .. settings.Concat(careless).SelectMany(setting => new[] { "-c", setting })]);

        var child = await StartAsync(command with { DeathSignal = "INT", WorkingDirectory = data });
        try
        {
            await using var admin = await ConnectAsync(child, $"Host={sockets};Port={port};Username=postgres;Database=postgres;Pooling=false", cancellationToken);
            var (user, password) = (server.UserName.GetValue(), server.Password.GetValue());
            await RunAsync(admin, "SELECT format('CREATE ROLE %I', $1::text) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", user);
            await RunAsync(admin, "SELECT format('ALTER ROLE %I SUPERUSER LOGIN PASSWORD %L', $1::text, $2::text)", user, password);
            foreach (var database in Owner.Children(server).Select(child => child.Resource).OfType<PostgresDatabaseResource>())
                await RunAsync(admin, "SELECT format('CREATE DATABASE %I', $1::text) WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database.DatabaseName);
            return child;
        }
        catch
        {
            await child.StopAsync(StopSignal);
            throw;
        }
    }

    /// <summary>A new data folder is a copy of a template that initdb made once per version: copying takes a fifth of the time.</summary>
    private static async Task<string> PrepareAsync(PostgresInstallation installation, string place, CancellationToken cancellationToken)
    {
        var root = Path.Combine(place, $"postgres-{installation.Major}");
        var data = Path.Combine(root, "data");
        if (!Directory.Exists(root))
        {
            string[] options = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions"];
            var template = await UserFolders.CachedAsync($"postgres-data-{installation.Version}",
                draft => ChildProcess.RunAsync(installation.Command("initdb", ["-D", Path.Combine(draft, "data"), .. options])));
            var draft = root + ".new";
            UserFolders.Delete(draft);
            await ChildProcess.RunAsync(new ChildCommand("cp", "-R", template, draft));
            Directory.Move(draft, root);
        }

        // after a crash the last server's processes may still be ending, and a pid file whose number is another process's by now would keep the next from starting
        var pidFile = Path.Combine(data, "postmaster.pid");
        if (File.Exists(pidFile) && Directory.Exists("/proc"))
        {
            await EndOfPredecessorAsync(data, cancellationToken);
            File.Delete(pidFile);
        }

        return data;
    }

    // every process of a server has its data folder as working directory
    private static async Task EndOfPredecessorAsync(string data, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + StartPatience;
        while (await ChildProcess.RunAsync(new ChildCommand("sh", "-c", "find /proc -maxdepth 2 -name cwd -printf '%h %l\n' 2>/dev/null | grep -F \" $(readlink -f \"$0\")\"; true", data)) is { Length: > 0 } processes)
        {
            if (DateTime.UtcNow > deadline)
                throw new DistributedApplicationException($"another PostgreSQL uses {data}: {processes}");
            await Task.Delay(Again, cancellationToken);
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(ChildProcess child, string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        var deadline = DateTime.UtcNow + StartPatience;
        while (!child.Exited.IsCompleted)
        {
            try
            {
                await connection.OpenAsync(cancellationToken);
                return connection;
            }
            catch (NpgsqlException) when (DateTime.UtcNow < deadline)
            {
                await Task.Delay(Again, cancellationToken);
            }
        }

        throw new DistributedApplicationException($"PostgreSQL ended with exit code {await child.Exited}; its log above says why");
    }

    /// <param name="statement">Selects the statement to run, or nothing: names and passwords cannot be parameters, so the server itself quotes them.</param>
    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "the text is the server's own, from format() with %I and %L")]
    private static async Task RunAsync(NpgsqlConnection admin, string statement, params string[] values)
    {
        await using var select = new NpgsqlCommand(statement, admin);
        foreach (var value in values)
            select.Parameters.Add(new() { Value = value });
        if (await select.ExecuteScalarAsync() is not string text)
            return;
        await using var run = new NpgsqlCommand(text, admin);
        await run.ExecuteNonQueryAsync();
    }
}
