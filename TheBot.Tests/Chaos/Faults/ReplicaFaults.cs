namespace TheBot.Tests.Chaos.Faults;

/// <summary>kill -9 of a replica while it has sends to store.</summary>
internal sealed class KillReplica() : Fault("kill -9 of a replica", FaultTarget.Replicas)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var replica = await AnyAsync(run, random);
        await ChaosRun.AwaitSendAsync(() => run.At(replica.Address));
        run.Struck(Name, run.At(replica.Address));
        replica.Kill();
        await Task.Delay(Between(random, 0.2, 2));
        await replica.StartAsync();
    }

    /// <summary>One of the replicas, as the process that it is now.</summary>
    public static Task<ReplicaProcess> AnyAsync(ChaosRun run, Random random) =>
        ReplicaProcess.FindAsync(run.Graph.Graph, run.Graph.Graph.Replicas[random.Next(run.Graph.Graph.Replicas.Count)]);
}

/// <summary>SIGSTOP of a replica: its connections stay, and nobody is there.</summary>
internal sealed class FreezeReplica() : Fault("SIGSTOP of a replica", FaultTarget.Replicas)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var replica = await KillReplica.AnyAsync(run, random);
        await ChaosRun.AwaitSendAsync(() => run.At(replica.Address));
        run.Struck(Name, run.At(replica.Address));
        replica.Freeze();
        await Task.Delay(Between(random, 1, 5));
        replica.Thaw();
    }
}

/// <summary>A replica is asked to stop, and started again.</summary>
internal sealed class StopReplica() : Fault("graceful stop of a replica", FaultTarget.Replicas)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var replica = await KillReplica.AnyAsync(run, random);
        run.Struck(Name, run.At(replica.Address));
        await replica.StopAsync();
        await replica.StartAsync();
    }
}

/// <summary>Every replica is asked to stop and started again, one after the other.</summary>
internal sealed class RollingRestart() : Fault("rolling restart", FaultTarget.Replicas)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        foreach (var address in run.Graph.Graph.Replicas)
        {
            var replica = await ReplicaProcess.FindAsync(run.Graph.Graph, address);
            run.Struck($"{Name}, {address.Port}", run.At(address));
            await replica.StopAsync();
            await replica.StartAsync();
        }
    }
}
