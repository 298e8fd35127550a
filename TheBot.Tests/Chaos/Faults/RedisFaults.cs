using StackExchange.Redis;

namespace TheBot.Tests.Chaos.Faults;

/// <summary>kill -9 of Redis; it comes back empty.</summary>
internal sealed class KillRedis() : Fault("kill -9 and restart of Redis", FaultTarget.Redis)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        run.Struck(Name);
        await run.Graph.Redis.KillAsync();
        await Task.Delay(Between(random, 0.1, 4));
        await run.Graph.Redis.StartAgainAsync();
    }
}

/// <summary>SIGSTOP of Redis.</summary>
internal sealed class FreezeRedis() : Fault("SIGSTOP of Redis", FaultTarget.Redis)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        run.Struck(Name);
        Signals.Send(run.Graph.Redis.Pid, Signals.Stop);
        await Task.Delay(Between(random, 1, 5));
        Signals.Send(run.Graph.Redis.Pid, Signals.Continue);
    }
}

/// <summary>Nothing comes through to Redis or back, and nobody says so; in the end the connections break.</summary>
internal sealed class BlackHoleRedis() : Fault("black hole before Redis", FaultTarget.Redis)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        run.Struck(Name);
        run.Graph.Bell.Block(true);
        await Task.Delay(Between(random, 1, 5));
        if (random.Next(2) == 0) run.Graph.Bell.Cut();
        run.Graph.Bell.Block(false);
    }
}

/// <summary>Everything in Redis is forgotten, and every subscriber is thrown out.</summary>
internal sealed class FlushRedis() : Fault("FLUSHALL and CLIENT KILL in Redis", FaultTarget.Redis)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        run.Struck(Name);
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{run.Graph.Redis.Port},allowAdmin=true");
        await redis.GetDatabase().ExecuteAsync("FLUSHALL");
        await redis.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
    }
}

/// <summary>The bell's calls come doubled and in the wrong order.</summary>
internal sealed class NoisyBell() : Fault("doubled and reordered bell", FaultTarget.Redis)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var (doubled, overtaken) = (run.Graph.Bell.Doubled, run.Graph.Bell.Overtaken);
        run.Struck(Name);
        run.Graph.Bell.MakeNoise(random.Next(1, int.MaxValue));
        await Task.Delay(Between(random, 2, 6));
        run.Graph.Bell.MakeNoise(0);
        run.Struck($"{Name} was quiet again after {run.Graph.Bell.Doubled - doubled} doubled and {run.Graph.Bell.Overtaken - overtaken} overtaken calls");
    }
}
