using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Running;

/// <summary>A Redis server as a child process, or nothing at all where the configuration names a server.</summary>
internal sealed class RedisInstance(Orchestrator owner, RedisResource redis, string suffix) : Instance(owner, redis, $"{redis.Name}-{suffix}")
{
    // asked in turn; a further server that speaks Redis' protocol is one more line here
    private static readonly Func<RedisServerOptions, ChildCommand?>[] Servers = [RedisServer];

    private string? _source;
    private string? _folder;

    protected override string? Source => _source;

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        if (redis.External is not null)
        {
            _source = "configured connection string";
            return null;
        }

        var password = redis.PasswordParameter is null ? null : await redis.PasswordParameter.GetValueAsync(cancellationToken);
        redis.TryGetLastAnnotation<RedisPersistenceAnnotation>(out var persistence);
        var options = new RedisServerOptions(redis.PrimaryEndpoint.Port, password, _folder ??= Owner.Folders.DataFolder(redis).Path, persistence);
        var command = Servers.Select(server => server(options)).FirstOrDefault(item => item is not null)
            ?? throw new DistributedApplicationException("there is no redis-server: install it (Debian: apt-get install redis-server, macOS: brew install redis), "
                + $"or set ConnectionStrings:{redis.Name} to a server that runs already");
        _source = command.File;
        return await ChildProcess.StartAsync(command, (line, isError) => Owner.Logs.Add(Id, line, isError));
    }

    private static ChildCommand? RedisServer(RedisServerOptions options)
    {
        if (Executables.Find("redis-server") is not { } file)
            return null;
        string[] configuration =
        [
            string.Create(CultureInfo.InvariantCulture, $"port {options.Port}"),
            "bind 127.0.0.1 -::1",
            "daemonize no",
            $"dir {Quoted(options.Folder)}",
            options.Password is null ? "protected-mode no" : $"requirepass {Quoted(options.Password)}",
            options.Persistence is { } save ? string.Create(CultureInfo.InvariantCulture, $"save {save.Interval.TotalSeconds} {save.KeysChanged}") : "save \"\"",
            "loglevel warning",
            "",
        ];
        return new ChildCommand(file, ["-"], options.Folder) { Input = string.Join('\n', configuration), DeathSignal = "TERM" };
    }

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private sealed record RedisServerOptions(int Port, string? Password, string Folder, RedisPersistenceAnnotation? Persistence);
}
