using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LocalAspire.Tests;

public class BreakTests
{
    [Fact]
    public async Task Postgres_that_is_killed_is_seen_makes_the_API_unhealthy_and_comes_back_when_it_is_started()
    {
        await using var graph = await Graph.StartHealthyAsync();
        using var client = graph.Client();
        var runs = await client.GetFromJsonAsync<long>("/runs");
        var postgres = await graph.UntilAsync("postgres", item => item.Snapshot.HealthStatus == HealthStatus.Healthy);

        using (var process = Process.GetProcessById(postgres.Pid()))
            process.Kill();
        var ended = await graph.UntilAsync("postgres", item => item.Snapshot.State?.Text == KnownResourceStates.Exited);
        Assert.Equal(137, ended.Snapshot.ExitCode);
        await graph.UntilAsync("chatdb", item => item.Snapshot.State?.Text == KnownResourceStates.Exited);
        foreach (var replica in await graph.ReplicasAsync())
            await graph.UntilAsync("chatapi", item => item.ResourceId == replica.ResourceId && item.Snapshot.HealthStatus == HealthStatus.Unhealthy);

        var port = new NpgsqlConnectionStringBuilder(await graph.App.GetConnectionStringAsync("chatdb")).Port;
        using (var occupant = TcpListener.Create(port))
        {
            occupant.Start();
            var refused = await graph.App.ResourceCommands.ExecuteCommandAsync("postgres", KnownResourceCommands.StartCommand);
            Assert.False(refused.Success);
            await graph.UntilAsync("postgres", item => item.Snapshot.State?.Text == KnownResourceStates.FailedToStart);
        }

        var started = await graph.App.ResourceCommands.ExecuteCommandAsync("postgres", KnownResourceCommands.StartCommand);
        Assert.True(started.Success, started.Message);
        await graph.UntilAsync("chatdb", item => item.Snapshot.HealthStatus == HealthStatus.Healthy);
        await graph.AllReplicasHealthyAsync();
        Assert.Equal(runs, await client.GetFromJsonAsync<long>("/runs"));
    }

    [Fact]
    public async Task One_replica_is_restarted_by_its_id_while_the_other_stays()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var (one, other) = ((await graph.ReplicasAsync())[0], (await graph.ReplicasAsync())[1]);

        Assert.True((await graph.App.ResourceCommands.ExecuteCommandAsync(one.ResourceId, KnownResourceCommands.RestartCommand)).Success);
        var again = await graph.UntilAsync("chatapi", item => item.ResourceId == one.ResourceId && item.Snapshot.HealthStatus == HealthStatus.Healthy);
        Assert.NotEqual(one.Pid(), again.Pid());
        Assert.Equal(one.Variable("ASPNETCORE_URLS"), again.Variable("ASPNETCORE_URLS"));
        Assert.Equal(other.Pid(), (await graph.UntilAsync("chatapi", item => item.ResourceId == other.ResourceId)).Pid());
    }

    [Fact]
    public async Task An_AppHost_that_is_killed_at_ten_moments_leaves_nothing_alive_and_starts_again()
    {
        // what the run before left behind (locks, a half-made data folder, a template) is what the next one finds
        var home = Directory.CreateTempSubdirectory("local-aspire-home-");
        var seed = Environment.TickCount;
        var random = new Random(seed);
        try
        {
            for (var moment = 0; moment < 10; moment++)
            {
                using var appHost = AppHostProcess.Start([], home.FullName, ("XDG_CACHE_HOME", Path.Combine(home.FullName, ".cache")));
                // half of the moments while it starts, half while it runs
                var runs = moment % 2 == 1;
                if (runs)
                    await appHost.UntilSaysAsync("is ready at");
                var alive = TimeSpan.FromSeconds(random.NextDouble() * 2);
                await Task.WhenAny(Task.Delay(alive), appHost.Exited);
                Assert.False(appHost.HasExited, $"seed {seed}, moment {moment}: ended by itself: {appHost.Output}");
                appHost.Kill9();
                await Wait.UntilAsync(() => Task.FromResult(AppHostProcess.Below(home.FullName).Length == 0), TimeSpan.FromSeconds(5),
                    $"seed {seed}, killed {alive} after it {(runs ? "was ready" : "began")}: nothing is left", () => string.Join(", ", AppHostProcess.Below(home.FullName)));
            }

            using var last = AppHostProcess.Start([], home.FullName, ("XDG_CACHE_HOME", Path.Combine(home.FullName, ".cache")));
            await last.UntilSaysAsync("is ready at");
            last.SendTerminate();
            await last.Exited.WaitAsync(Graph.Patience);
            Assert.Equal(0, last.ExitCode);
            Assert.Empty(AppHostProcess.Below(home.FullName));
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(home.FullName, "tmp"), "LocalAspire-*"));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_data_volume_keeps_its_data_over_a_crash()
    {
        var home = Directory.CreateTempSubdirectory("local-aspire-home-");
        try
        {
            string pidFile;
            string[] left;
            using (var first = AppHostProcess.Start([], home.FullName))
            {
                Assert.Equal(1, await RunsAsync(first));
                pidFile = Directory.EnumerateFiles(home.FullName, "postmaster.pid", SearchOption.AllDirectories).Single();
                left = await File.ReadAllLinesAsync(pidFile);
                first.Kill9();
            }

            // a server that had no time to clean up leaves its number, which may be another process's by now, such as this one's
            await Wait.UntilAsync(() => Task.FromResult(!File.Exists(pidFile)), Graph.Patience, "the server has ended in order", () => string.Join(", ", AppHostProcess.Below(home.FullName)));
            await File.WriteAllLinesAsync(pidFile, [$"{Environment.ProcessId}", .. left[1..]]);

            using var next = AppHostProcess.Start([], home.FullName);
            Assert.Equal(2, await RunsAsync(next));
            next.SendTerminate();
            await next.Exited.WaitAsync(Graph.Patience);
        }
        finally
        {
            home.Delete(recursive: true);
        }

        static async Task<long> RunsAsync(AppHostProcess appHost)
        {
            using var client = new HttpClient { BaseAddress = await appHost.UntilReadyAsync() };
            return await client.GetFromJsonAsync<long>("/runs");
        }
    }
}
