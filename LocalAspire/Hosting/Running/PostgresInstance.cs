using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace LocalAspire.Running;

/// <summary>A PostgreSQL server as a child process, or nothing at all where the configuration names a server.</summary>
internal sealed class PostgresInstance(Orchestrator owner, PostgresServerResource server, string suffix) : Instance(owner, server, $"{server.Name}-{suffix}")
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private string? _source;
    private (string Path, bool LivesOn)? _place;

    protected override string? Source => _source;

    // "fast shutdown": connections are closed, the data is left clean
    protected override int StopSignal => ChildProcess.Interrupt;

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        if (server.External is { } external)
        {
            _source = "configured connection string";
            await CreateDatabasesAsync(external, cancellationToken);
            return null;
        }

        var installation = await PostgresInstallation.FindAsync();
        var (parent, livesOn) = _place ??= Owner.Folders.DataFolder(server);
        _source = $"PostgreSQL {installation.Version}, {parent}";
        var folder = await PostgresFolder.OpenAsync(installation, parent);
        var port = server.PrimaryEndpoint.Port;
        List<string> arguments = ["-D", folder.Data, "-c", $"port={port}", "-c", "listen_addresses=localhost", "-c", "unix_socket_directories=", "-c", "log_line_prefix=", "-c", "log_checkpoints=off"];
        if (!livesOn)
            arguments.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);

        var child = await ChildProcess.StartAsync(installation.Command("postgres", arguments, folder.Data) with { DeathSignal = "INT" }, (line, isError) => Owner.Logs.Add(Id, line, isError));
        try
        {
            var admin = await ConnectAsync(child, folder, port, cancellationToken);
            await SetPasswordAsync(folder, admin, cancellationToken);
            await CreateDatabasesAsync((await server.GetConnectionStringAsync(cancellationToken))!, cancellationToken);
            return child;
        }
        catch
        {
            await child.StopAsync(StopSignal, StopPatience);
            throw;
        }
    }

    private async Task<string> ConnectAsync(ChildProcess child, PostgresFolder folder, int port, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + StartPatience;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(30));
        NpgsqlException? last = null;
        while (!child.Exited.IsCompleted && DateTime.UtcNow < deadline)
        {
            foreach (var password in folder.Passwords())
            {
                var connectionString = new NpgsqlConnectionStringBuilder
                {
                    Host = "127.0.0.1",
                    Port = port,
                    Username = "postgres",
                    Password = password,
                    Database = "postgres",
                    Pooling = false,
                    Timeout = 5,
                }.ConnectionString;
                try
                {
                    await using var connection = new NpgsqlConnection(connectionString);
                    await connection.OpenAsync(cancellationToken);
                    return connectionString;
                }
                catch (NpgsqlException failure)
                {
                    last = failure;
                }
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        throw new DistributedApplicationException(child.Exited.IsCompleted
            ? $"PostgreSQL ended with exit code {await child.Exited}; its log above says why"
            : $"PostgreSQL lets nobody in: {last?.Message}");
    }

    private async Task SetPasswordAsync(PostgresFolder folder, string admin, CancellationToken cancellationToken)
    {
        var user = (await server.UserNameReference.GetValueAsync(cancellationToken))!;
        var password = (await server.PasswordParameter.GetValueAsync(cancellationToken))!;
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync(cancellationToken);

        async Task ApplyAsync()
        {
            await using var values = new NpgsqlCommand("SELECT set_config('local_aspire.user', $1, false), set_config('local_aspire.password', $2, false)", connection)
            {
                Parameters = { new() { Value = user }, new() { Value = password } },
            };
            await values.ExecuteNonQueryAsync(cancellationToken);
            await using var change = new NpgsqlCommand("""
                DO $$
                BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_setting('local_aspire.user')) THEN
                        EXECUTE format('CREATE ROLE %I', current_setting('local_aspire.user'));
                    END IF;
                    EXECUTE format('ALTER ROLE %I SUPERUSER LOGIN PASSWORD %L', current_setting('local_aspire.user'), current_setting('local_aspire.password'));
                END $$
                """, connection);
            await change.ExecuteNonQueryAsync(cancellationToken);
        }

        if (user != "postgres")
            await ApplyAsync();
        else if (new NpgsqlConnectionStringBuilder(admin).Password != password)
            await folder.ChangePasswordAsync(password, ApplyAsync);
    }

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "CREATE DATABASE takes no parameters; the name is quoted")]
    private async Task CreateDatabasesAsync(string connectionString, CancellationToken cancellationToken)
    {
        var names = Owner.Resources.OfType<PostgresDatabaseResource>().Where(item => item.Parent == server && item.External is null).Select(item => item.DatabaseName).ToArray();
        if (names.Length == 0)
            return;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var name in names)
        {
            await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = name } } };
            if (await find.ExecuteScalarAsync(cancellationToken) is not null)
                continue;
            await using var create = new NpgsqlCommand($"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(name)}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
