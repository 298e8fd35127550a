using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Npgsql;
using StackExchange.Redis;

namespace LocalAspire.Tests;

public class LifetimeTests
{
    [Fact]
    public async Task A_killed_AppHost_leaves_nothing_behind()
    {
        using var appHost = AppHostProcess.Start([]);
        await appHost.UntilSaysAsync("is ready at");
        var children = appHost.Descendants();
        Assert.True(children.Length >= 4, $"{children.Length} processes");

        appHost.Kill9();
        await Wait.UntilAsync(() => Task.FromResult(!children.Any(AppHostProcess.IsAlive)), TimeSpan.FromSeconds(5), "everything ended");
    }

    [Fact]
    public async Task A_data_volume_outlives_a_crash_and_is_refused_to_a_second_run()
    {
        var home = Directory.CreateTempSubdirectory("local-aspire-home-");
        try
        {
            using (var first = AppHostProcess.Start([], home.FullName))
            {
                await first.UntilSaysAsync("is ready at");
                using var second = AppHostProcess.Start([], home.FullName);
                await second.UntilSaysAsync("postgres does not start: its data volume");
                await second.UntilSaysAsync("chatapi does not start: migrator is FailedToStart");
                second.SendTerminate();
                await second.Exited.WaitAsync(Graph.Patience);
                first.Kill9();
            }

            using var next = AppHostProcess.Start([], home.FullName);
            await next.UntilSaysAsync("is ready at");
            next.SendTerminate();
            await next.Exited.WaitAsync(Graph.Patience);
            Assert.Equal(0, next.ExitCode);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_terminated_AppHost_ends_cleanly_and_names_the_stand_in_when_it_starts()
    {
        using var appHost = AppHostProcess.Start([]);
        await appHost.UntilSaysAsync("LocalAspire stand-in for Aspire 13.5.2");
        await appHost.UntilSaysAsync("is ready at");
        var children = appHost.Descendants();
        appHost.SendTerminate();
        await appHost.Exited.WaitAsync(Graph.Patience);
        Assert.Equal(0, appHost.ExitCode);
        Assert.DoesNotContain(children, AppHostProcess.IsAlive);
    }

    [Fact]
    public async Task A_busy_port_is_one_line_that_names_port_and_resource()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port;
        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => Graph.StartAsync(builder =>
        {
            builder.Configuration["DcpPublisher:RandomizePorts"] = "false";
            builder.Resources.Single(item => item.Name == "chatapi").Annotations.OfType<Aspire.Hosting.ApplicationModel.EndpointAnnotation>().Single().Port = port;
        }));
        Assert.Equal($"port {port} of resource 'chatapi' (endpoint 'http') is in use by another process: end that one or choose another port", failure.Message);
    }

    [Fact]
    public async Task A_busy_port_ends_the_AppHost_with_that_line_alone()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 18471);
        occupant.Start();
        using var appHost = AppHostProcess.Start([], home: null, ("DcpPublisher__RandomizePorts", "false"));
        await appHost.Exited.WaitAsync(Graph.Patience);
        Assert.Equal(1, appHost.ExitCode);
        Assert.Contains("error: port 18471 of resource 'chatapi'", appHost.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_everything_in_order()
    {
        using var appHost = AppHostProcess.Start([]);
        await appHost.UntilSaysAsync("is ready at");
        var children = appHost.Descendants();
        appHost.SendInterrupt();
        await appHost.Exited.WaitAsync(Graph.Patience);
        Assert.Equal(0, appHost.ExitCode);
        Assert.DoesNotContain(children, AppHostProcess.IsAlive);
    }

    [Fact]
    public async Task Two_graphs_at_once_do_not_disturb_each_other()
    {
        var both = await Task.WhenAll(Graph.StartHealthyAsync(), Graph.StartHealthyAsync());
        await using var one = both[0];
        await using var other = both[1];
        Assert.NotEqual(one.App.GetEndpoint("chatapi"), other.App.GetEndpoint("chatapi"));
        Assert.NotEqual(await one.App.GetConnectionStringAsync("redis"), await other.App.GetConnectionStringAsync("redis"));
        Assert.NotEqual(await one.App.GetConnectionStringAsync("chatdb"), await other.App.GetConnectionStringAsync("chatdb"));
        await one.DisposeAsync();
        Assert.Contains(await other.AskPidAsync(), (await other.ReplicasAsync()).Select(item => item.Pid()));
    }

    [Fact]
    public async Task Configured_connection_strings_are_used_as_they_are()
    {
        // the servers of one graph serve as somebody else's servers for the other
        await using var servers = await Graph.StartAsync(builder => builder.Configuration["Parameters:redis-password"] = "secret");
        await servers.AllReplicasHealthyAsync();
        var redis = await servers.App.GetConnectionStringAsync("redis");
        await using (var connection = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true"))
            await connection.GetServers()[0].ConfigSetAsync("requirepass", "");
        var open = redis!.Split(',')[0];
        var database = new NpgsqlConnectionStringBuilder(await servers.App.GetConnectionStringAsync("chatdb")) { Database = "postgres", CommandTimeout = 7 }.ConnectionString;

        await using var graph = await Graph.StartHealthyAsync(null, $"ConnectionStrings:redis={open}", $"ConnectionStrings:chatdb={database}");
        var replica = (await graph.ReplicasAsync())[0];
        Assert.Equal(open, replica.Variable("ConnectionStrings__redis"));
        Assert.Null(replica.Variable("REDIS_HOST"));
        Assert.Null(replica.Variable("CHATDB_PASSWORD"));
        Assert.Equal(database, replica.Variable("ConnectionStrings__chatdb"));
        using var client = graph.Client();
        Assert.True(await client.GetFromJsonAsync<bool>("/redis"));
        Assert.Equal("postgres", await client.GetStringAsync("/database"));
    }

    [Fact]
    public async Task A_test_leaves_no_folder_behind()
    {
        string folder;
        await using (var graph = await Graph.StartHealthyAsync())
        {
            // "PostgreSQL 15.14, /tmp/LocalAspire-xyz/postgres"
            var postgres = await graph.UntilAsync("postgres", item => item.Snapshot.HealthStatus is not null);
            var source = (string)postgres.Snapshot.Properties.Single(property => property.Name == "resource.source").Value!;
            folder = Path.GetDirectoryName(source.Split(", ")[1])!;
            Assert.True(Directory.Exists(folder));
            Assert.True(File.Exists(Path.Combine(folder, "in-use.lock")));
        }

        Assert.False(Directory.Exists(folder));
    }
}
