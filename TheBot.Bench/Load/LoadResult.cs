namespace TheBot.Bench.Load;

/// <summary>What one run of a workload came to.</summary>
internal sealed record LoadResult
{
    public required string Workload { get; init; }
    public required string Wire { get; init; }
    public required int Replicas { get; init; }

    /// <summary>Length of the window, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Messages whose sender had them back within the window, a second.</summary>
    public double MessagesPerSecond { get; init; }

    public double DeliveriesPerSecond { get; init; }

    /// <summary>From the send to the arrival at each member, of messages sent within the window, in milliseconds.</summary>
    public double P50 { get; init; }

    public double P99 { get; init; }

    public double P999 { get; init; }

    /// <summary>Processor seconds of the window by process.</summary>
    public required Dictionary<string, double> Processor { get; init; }

    /// <summary>Of the load generator.</summary>
    public double OwnProcessor { get; init; }

    /// <summary>Cores that others used: what makes a run not comparable.</summary>
    public double ForeignCores { get; init; }

    /// <summary>Memory by process at the end, in megabytes.</summary>
    public required Dictionary<string, double> Megabytes { get; init; }

    /// <summary>Kilobytes that a connection of an idle run takes in the replicas.</summary>
    public double KilobytesPerConnection { get; init; }

    /// <summary>WAL flushes a message.</summary>
    public double SyncsPerMessage { get; init; }

    /// <summary>Error frames and connections that the server closed.</summary>
    public double Errors { get; init; }

    public string? Complaint { get; init; }

    public Audit? Audit { get; init; }

    public double ServerSeconds => Processor.Values.Sum();

    /// <summary>Of replicas, Postgres and Redis together.</summary>
    public double MessagesPerServerSecond => ServerSeconds > 0 ? MessagesPerSecond * Seconds / ServerSeconds : 0;
}
