using System.Diagnostics;

namespace TheBot.Tests.Support;

/// <summary>One replica as a process of the local stand-in, to be killed and started again.</summary>
internal sealed class ReplicaProcess
{
    private readonly ChatGraph _graph;
    private readonly Uri _address;
    private readonly string _resourceId;
    private readonly int _pid;

    private ReplicaProcess(ChatGraph graph, Uri address, string resourceId, int pid) => (_graph, _address, _resourceId, _pid) = (graph, address, resourceId, pid);

    public static async Task<ReplicaProcess> FindAsync(ChatGraph graph, Uri address)
    {
        await foreach (var change in graph.App.ResourceNotifications.WatchAsync(Deadline.Token()))
        {
            if (change.Resource.Name != "chatapi") continue;
            var urls = change.Snapshot.EnvironmentVariables.FirstOrDefault(v => v.Name == "ASPNETCORE_URLS")?.Value;
            if (urls is null || new Uri(urls) != address) continue;
            var pid = change.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value;
            if (pid is int id) return new ReplicaProcess(graph, address, change.ResourceId, id);
        }

        throw new InvalidOperationException($"no replica at {address}");
    }

    /// <summary>kill -9: nothing is told to anybody.</summary>
    public void Kill()
    {
        using var process = Process.GetProcessById(_pid);
        process.Kill();
    }

    public int Pid => _pid;

    public Uri Address => _address;

    /// <summary>SIGSTOP: its connections stay, and nobody answers.</summary>
    public void Freeze() => Signals.Send(_pid, Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signals.Send(_pid, Signals.Continue);

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public async Task StopAsync()
    {
        var stopped = await _graph.App.ResourceCommands.ExecuteCommandAsync(_resourceId, KnownResourceCommands.StopCommand, Deadline.Token());
        Assert.True(stopped.Success, $"stop {_resourceId}");
    }

    /// <summary>Starts it again at the same address, and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        var started = await _graph.App.ResourceCommands.ExecuteCommandAsync(_resourceId, KnownResourceCommands.StartCommand, Deadline.Token());
        Assert.True(started.Success, $"start {_resourceId}");
        using var client = new HttpClient { BaseAddress = _address };
        await Deadline.UntilAsync(
            async () =>
            {
                try
                {
                    using var answer = await client.GetAsync("/health", Deadline.Token());
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    // where it was killed a moment ago, the first command may have come before its end was noticed
                    await _graph.App.ResourceCommands.ExecuteCommandAsync(_resourceId, KnownResourceCommands.StartCommand, Deadline.Token());
                    return false;
                }
            },
            healthy => healthy,
            $"health of {_address}");
    }
}
