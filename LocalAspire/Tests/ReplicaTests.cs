using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace LocalAspire.Tests;

public class ReplicaTests
{
    [Fact]
    public async Task A_killed_replica_leaves_the_port_serving()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var victim = (await graph.ReplicasAsync())[0];
        using var client = graph.Client();
        await client.GetStringAsync("/pid");

        using (var process = Process.GetProcessById(victim.Pid()))
            process.Kill();
        for (var i = 0; i < 50; i++)
            Assert.NotEqual($"{victim.Pid()}", await client.GetStringAsync("/pid"));

        var ended = await graph.UntilAsync("chatapi", item => item.ResourceId == victim.ResourceId && item.Snapshot.State?.Text == KnownResourceStates.Finished);
        Assert.Equal(137, ended.Snapshot.ExitCode);
    }

    [Fact]
    public async Task A_replica_that_is_unwell_gets_no_requests()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var replica = (await graph.ReplicasAsync())[0];
        using var direct = new HttpClient();
        await direct.PostAsync($"{replica.Variable("ASPNETCORE_URLS")}/unwell", null);
        await graph.UntilAsync("chatapi", item => item.ResourceId == replica.ResourceId && item.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy);

        for (var i = 0; i < 10; i++)
            Assert.NotEqual(replica.Pid(), await graph.AskPidAsync());
    }

    [Fact]
    public async Task A_single_replica_stops_and_starts_by_its_instance_id()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var replica = (await graph.ReplicasAsync())[0];

        var byName = await graph.App.ResourceCommands.ExecuteCommandAsync("chatapi", KnownResourceCommands.StopCommand);
        Assert.Equal("Resource 'chatapi' not found.", byName.Message);

        Assert.True((await graph.App.ResourceCommands.ExecuteCommandAsync(replica.ResourceId, KnownResourceCommands.StopCommand)).Success);
        Assert.NotEqual(replica.Pid(), await graph.AskPidAsync());
        Assert.True((await graph.App.ResourceCommands.ExecuteCommandAsync(replica.ResourceId, KnownResourceCommands.StartCommand)).Success);
        await graph.UntilAsync("chatapi", item => item.ResourceId == replica.ResourceId && item.Pid() != replica.Pid() && item.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_restarted_server_is_healthy_again_with_its_database()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var before = await graph.UntilAsync("postgres", _ => true);
        Assert.True((await graph.App.ResourceCommands.ExecuteCommandAsync("postgres", KnownResourceCommands.RestartCommand)).Success);
        await graph.UntilAsync("postgres", item => item.Snapshot.State?.Text == KnownResourceStates.Running && item.Pid() != before.Pid());
        await graph.UntilAsync("chatdb", item => item.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy);
    }

    [Fact]
    public async Task WebSockets_pass_and_the_host_stays_the_one_that_was_asked()
    {
        await using var graph = await Graph.StartHealthyAsync();
        var address = graph.App.GetEndpoint("chatapi");
        using var client = graph.Client();
        Assert.Equal($"localhost:{address.Port}", await client.GetStringAsync("/host"));

        using var socket = new ClientWebSocket();
        using var deadline = new CancellationTokenSource(Graph.Patience);
        await socket.ConnectAsync(new Uri($"ws://localhost:{address.Port}/echo"), deadline.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, deadline.Token);
        var buffer = new byte[16];
        var answer = await socket.ReceiveAsync(buffer, deadline.Token);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, answer.Count));
    }
}
