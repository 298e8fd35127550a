namespace TheBot.Tests.Chaos.Faults;

/// <summary>What a fault needs to itself: two of one target take turns, others strike at the same time.</summary>
internal enum FaultTarget
{
    Replicas,
    Redis,
    Postgres,
    Clients,
    Roster,
}

/// <summary>Something that breaks, and is mended again. Stateless: the same object strikes many times.</summary>
/// <param name="name">As it stands in schedules and diaries.</param>
/// <param name="target">What it strikes.</param>
internal abstract class Fault(string name, FaultTarget target)
{
    public string Name { get; } = name;

    public FaultTarget Target { get; } = target;

    /// <summary>Strikes, lasts as long as chance says, and mends. Returns when all is as before.</summary>
    public abstract Task StrikeAsync(ChaosRun run, Random random);

    /// <summary>All of them. Their order is part of every seed: new ones come last.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new KillReplica(), new FreezeReplica(), new StopReplica(), new RollingRestart(),
        new KillRedis(), new FreezeRedis(), new BlackHoleRedis(), new FlushRedis(), new NoisyBell(),
        new RestartPostgres(),
        new CutAtSend(), new CutClients(), new SlowReaders(),
        new ChangeMembers(), new ChangePolicies(),
    ];

    protected static TimeSpan Between(Random random, double seconds, double andSeconds) =>
        TimeSpan.FromSeconds(seconds + ((andSeconds - seconds) * random.NextDouble()));
}
