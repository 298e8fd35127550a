namespace TheBot.Bench.Load;

/// <summary>Who waits for what before the next message is sent.</summary>
internal enum Pace
{
    /// <summary>Every sender waits for their own echo: as fast as it goes.</summary>
    Closed,

    /// <summary>So many messages a second over all senders, whether or not anything comes back.</summary>
    Open,

    /// <summary>Nobody says anything.</summary>
    Idle,
}

/// <summary>How many people in how many rooms say how much.</summary>
/// <param name="Name">S1 to S4, or what it is a variant of.</param>
/// <param name="Rooms">Rooms; everybody is in exactly one.</param>
/// <param name="Members">Members of a room, each with one connection.</param>
/// <param name="Senders">Those of them who send.</param>
/// <param name="Pace">When they send.</param>
/// <param name="Rate">Messages a second over all senders, for <see cref="Pace.Open"/>.</param>
internal sealed record Workload(string Name, int Rooms, int Members, int Senders, Pace Pace, double Rate = 0)
{
    /// <summary>Messages that each room's log holds before the run.</summary>
    public int History { get; init; }

    /// <summary>Members of each room beside those of the run, who are not connected.</summary>
    public int Absent { get; init; }

    /// <summary>Connections beside those of the run, in rooms of their own, that say nothing.</summary>
    public int IdleBeside { get; init; }

    public static IReadOnlyDictionary<string, Workload> All { get; } = new Dictionary<string, Workload>(StringComparer.OrdinalIgnoreCase)
    {
        ["S1"] = new("S1", Rooms: 50, Members: 4, Senders: 4, Pace.Closed),
        ["S2"] = new("S2", Rooms: 1, Members: 200, Senders: 4, Pace.Closed),
        ["S3"] = new("S3", Rooms: 50, Members: 4, Senders: 4, Pace.Open, Rate: 200),
        ["S4"] = new("S4", Rooms: 500, Members: 4, Senders: 0, Pace.Idle),
    };

    public int Connections => Rooms * Members;

    /// <summary>The school that the workload needs.</summary>
    public Servers.BenchSchool School => new(Rooms + (IdleBeside / Members), Members + Absent, History);
}
