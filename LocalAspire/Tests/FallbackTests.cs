using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Tests;

/// <summary>The graph where nothing is installed: PostgreSQL from npm, Garnet for Redis.</summary>
public class FallbackTests
{
    [FactWithNpm]
    public async Task The_graph_runs_on_the_packages_servers_where_none_is_installed()
    {
        await using var graph = await Graph.StartHealthyAsync(null, "--LocalAspire:Servers=packages");
        Assert.Contains("LocalAspire.Garnet.dll", await SourceAsync("redis"), StringComparison.Ordinal);
        Assert.StartsWith("PostgreSQL 18", await SourceAsync("postgres"), StringComparison.Ordinal);
        using var client = graph.Client();
        Assert.Equal("true", await client.GetStringAsync("/redis"));
        Assert.Equal("chatdb", await client.GetStringAsync("/database"));

        async Task<string> SourceAsync(string resource) =>
            (string)(await graph.UntilAsync(resource, item => item.Snapshot.State?.Text == KnownResourceStates.Running)).Snapshot.Properties.Single(property => property.Name == "resource.source").Value!;
    }

    [Fact]
    public async Task A_redis_server_that_is_not_on_the_PATH_is_replaced_by_Garnet()
    {
        using var tools = new Tools();
        using var appHost = AppHostProcess.Start([], home: null, ("PATH", tools.Folder));
        await appHost.UntilSaysAsync("there is no redis-server: Garnet takes its place");
        await appHost.UntilSaysAsync("is ready at");
        appHost.SendTerminate();
        await appHost.Exited.WaitAsync(Graph.Patience);
        Assert.Equal(0, appHost.ExitCode);
    }

    [Fact]
    public async Task Without_PostgreSQL_and_npm_one_line_says_what_to_install()
    {
        using var tools = new Tools();
        using var appHost = AppHostProcess.Start([], home: null, ("PATH", tools.Folder), ("LocalAspire__Servers", "packages"));
        await appHost.UntilSaysAsync("postgres does not start: there is no PostgreSQL 15 or later: install it (Debian: apt-get install postgresql");
        Assert.DoesNotContain("   at ", appHost.Output, StringComparison.Ordinal);
        appHost.SendTerminate();
        await appHost.Exited.WaitAsync(Graph.Patience);
    }

    /// <summary>A PATH with what the stand-in needs of the system, and neither redis-server nor npm.</summary>
    private sealed class Tools : IDisposable
    {
        public Tools()
        {
            foreach (var name in new[] { "sh", "setsid", "setpriv", "unshare", "cp", "find", "dotnet" })
            {
                var file = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, name)).First(File.Exists);
                File.CreateSymbolicLink(Path.Combine(Folder, name), file);
            }
        }

        public string Folder { get; } = Directory.CreateTempSubdirectory("local-aspire-tools-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}

internal sealed class FactWithNpmAttribute : FactAttribute
{
    public FactWithNpmAttribute()
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "npm"))))
            Skip = "npm, which fetches PostgreSQL, is not installed";
    }
}
