namespace LocalAspire.Running;

/// <summary>A server with Redis' protocol as a child process, or nothing at all where the configuration names a server.</summary>
internal sealed class RedisInstance(Orchestrator owner, RedisResource redis, string id) : Instance(owner, redis, id)
{
    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        if (redis.External is not null)
        {
            PublishSource("configured connection string");
            return null;
        }

        var port = redis.PrimaryEndpoint.Number;
        var password = redis.Password.GetValue();
        var command = Owner.UsesInstalledServers && Executables.Find("redis-server") is { } file ? RedisServer(file, port, password) : await GarnetAsync(port, password);
        PublishSource(string.Join(' ', command.Arguments.Prepend(command.File)));
        return await StartAsync(command);
    }

    private static ChildCommand RedisServer(string file, int port, string password) => new(file, "-")
    {
        Input = $"port {port}\nbind 127.0.0.1 -::1\nsave \"\"\nloglevel warning\nrequirepass \"{password.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n",
    };

    /// <summary>Microsoft's Garnet, built the first time that it is wanted: who has redis-server does without its packages.</summary>
    private async Task<ChildCommand> GarnetAsync(int port, string password)
    {
        var project = Owner.Metadata("LocalAspireRoot") is { } root ? Path.Combine(root, "Garnet", "LocalAspire.Garnet.csproj") : "";
        if (!File.Exists(project))
            throw new DistributedApplicationException("there is no redis-server: install it (Debian: apt-get install redis-server, macOS: brew install redis), "
                + "or set ConnectionStrings:<its name> to a server that runs already");
        Owner.Say(this, "there is no redis-server: Garnet takes its place", isError: false);
        using var alone = UserFolders.Wait($"{UserFolders.Cache}/garnet.lock", TimeSpan.FromMinutes(5));
        // it prints the property and, on the other stream, warnings
        var answer = await ChildProcess.RunAsync(new ChildCommand(ProjectInstance.DotnetHost, "build", project, "-t:Build", "-getProperty:TargetPath"));
        return new ChildCommand(ProjectInstance.DotnetHost, answer.Split('\n').Single(line => line.EndsWith(".dll", StringComparison.Ordinal))) { Input = $"--port\n{port}\n--password\n{password}\n" };
    }
}
