using System.Diagnostics;
using Npgsql;
using TheBot.Bench.Load.Wires;
using TheBot.Bench.Servers;

namespace TheBot.Bench.Load;

/// <summary>One run of a workload against running servers: everybody joins, warms up, is measured for a window, and is audited.</summary>
internal sealed class LoadRun(Workload workload, IWire wire, ServersUnderLoad servers, TimeSpan warmUp, TimeSpan window)
{
    private const int JoinsAtOnce = 32;

    private readonly Tag _tag = new();
    private readonly ProcessMeter _meter = new(servers.Processes);
    private volatile bool _stop;

    /// <summary>What else goes on in the window, which lasts at least as long.</summary>
    public Func<CancellationToken, Task> Meanwhile { get; init; } = _ => Task.CompletedTask;

    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Seat.Of(workload, servers.Replicas).ConvertAll(seat => new LoadClient(seat, wire, _tag, end.Token));
        var beside = IdleBeside(end.Token);
        try
        {
            return workload.Pace == Pace.Idle ? await IdleAsync(clients, cancellationToken) : await BusyAsync(clients, beside, cancellationToken);
        }
        finally
        {
            await end.CancelAsync();
            foreach (var client in clients.Concat(beside)) await client.DisposeAsync();
        }
    }

    private List<LoadClient> IdleBeside(CancellationToken end) => workload.IdleBeside == 0
        ? []
        : Seat.Of(workload with { Rooms = workload.IdleBeside / workload.Members, Senders = 0 }, servers.Replicas, workload.Rooms)
            .ConvertAll(seat => new LoadClient(seat, wire, _tag, end));

    private async Task<LoadResult> IdleAsync(List<LoadClient> clients, CancellationToken cancellationToken)
    {
        // the first connections warm code paths and pools, and belong to the room for nobody in particular
        await using (var warm = new Crowd(Seat.Of(workload, servers.Replicas).Take(200).Select(seat => new LoadClient(seat, wire, _tag, cancellationToken))))
        {
            await JoinAsync(warm.Clients, cancellationToken);
        }

        await Task.Delay(warmUp, cancellationToken);
        var before = _meter.Kilobytes();
        await JoinAsync(clients, cancellationToken);
        await Task.Delay(window, cancellationToken);
        var after = _meter.Kilobytes();
        var grown = after.Where(process => process.Key.StartsWith("api", StringComparison.Ordinal)).Sum(process => process.Value - before[process.Key]);
        return Result(window.TotalSeconds, [], after, clients) with { KilobytesPerConnection = grown / clients.Count };
    }

    private async Task<LoadResult> BusyAsync(List<LoadClient> clients, List<LoadClient> beside, CancellationToken cancellationToken)
    {
        await JoinAsync([.. clients, .. beside], cancellationToken);
        var senders = clients.Where(client => client.Seat.Sender >= 0).OrderBy(client => client.Seat.Sender).ToArray();
        var sending = workload.Pace == Pace.Closed ? CloseLoop(senders) : Task.Factory.StartNew(() => OpenLoop(senders), TaskCreationOptions.LongRunning);
        await Task.Delay(warmUp, cancellationToken);

        var (syncs, processor, machine, own) = (await SyncsAsync(cancellationToken), _meter.Seconds(), ProcessMeter.MachineSeconds(), OwnSeconds());
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Meanwhile(cancellationToken), Task.Delay(window, cancellationToken));
        var to = Stopwatch.GetTimestamp();
        var used = _meter.Seconds().ToDictionary(process => process.Key, process => process.Value - processor[process.Key]);
        var (machineUsed, ownUsed) = (ProcessMeter.MachineSeconds() - machine, OwnSeconds() - own);
        syncs = await SyncsAsync(cancellationToken) - syncs;

        _stop = true;
        foreach (var sender in senders) sender.GoesOn = false;
        await sending;
        await SettleAsync(clients, cancellationToken);

        var seconds = Stopwatch.GetElapsedTime(from, to).TotalSeconds;
        var (deliveries, echoes, latencies) = Count(clients, senders, from, to);
        return Result(seconds, used, _meter.Kilobytes(), clients) with
        {
            MessagesPerSecond = echoes / seconds,
            DeliveriesPerSecond = deliveries / seconds,
            P50 = Percentile(latencies, 0.5),
            P99 = Percentile(latencies, 0.99),
            P999 = Percentile(latencies, 0.999),
            OwnProcessor = ownUsed,
            ForeignCores = Math.Max(0, machineUsed - ownUsed - used.Values.Sum()) / seconds,
            SyncsPerMessage = syncs / Math.Max(1.0, echoes),
            Audit = await Audit.OfAsync(servers.Database, _tag, clients),
        };
    }

    private LoadResult Result(double seconds, Dictionary<string, double> processor, Dictionary<string, double> kilobytes, List<LoadClient> clients) => new()
    {
        Workload = workload.Pace == Pace.Open ? $"{workload.Name}@{workload.Rate:0}" : workload.Name,
        Wire = wire.Name,
        Replicas = servers.Replicas.Count,
        Seconds = seconds,
        Processor = processor,
        Megabytes = kilobytes.ToDictionary(process => process.Key, process => process.Value / 1024),
        Errors = clients.Sum(client => client.Errors) + clients.Count(client => client.IsClosed),
        Complaint = clients.Select(client => client.Complaint).FirstOrDefault(complaint => complaint is not null),
    };

    private static Task CloseLoop(LoadClient[] senders)
    {
        foreach (var sender in senders) sender.GoesOn = true;
        return Task.WhenAll(senders.Select(sender => sender.SendAsync()));
    }

    /// <summary>On a thread of its own: a message is due when it is due, whether or not the one before has come back.</summary>
    private void OpenLoop(LoadClient[] senders)
    {
        var start = Stopwatch.GetTimestamp();
        for (long i = 0; !_stop; i++)
        {
            var due = start + (long)(i / workload.Rate * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < due && !_stop) Thread.Sleep(1);
            if (!_stop) _ = senders[i % senders.Length].SendAsync();
        }
    }

    /// <summary>Until everything sent has arrived everywhere, or nothing arrives any more.</summary>
    private async Task SettleAsync(List<LoadClient> clients, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var expected = clients.Sum(client => (long)client.Sent) * workload.Members;
        var (have, since) = (-1L, Stopwatch.GetTimestamp());
        while (have < expected && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5) && await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = clients.Sum(client => (long)client.Heard.Count);
            if (now != have) (have, since) = (now, Stopwatch.GetTimestamp());
        }
    }

    private static (long Deliveries, long Echoes, List<double> Latencies) Count(List<LoadClient> clients, LoadClient[] senders, long from, long to)
    {
        var (deliveries, echoes, latencies) = (0L, 0L, new List<double>());
        foreach (var client in clients)
        {
            for (var i = 0; i < client.Heard.Count; i++)
            {
                var (key, at) = (client.Heard[i], client.HeardAt[i]);
                if (at >= from && at < to)
                {
                    deliveries++;
                    if (Tag.SenderOf(key) == client.Seat.Sender) echoes++;
                }

                var sent = senders[Tag.SenderOf(key)].SentAt(Tag.NumberOf(key));
                if (sent >= from && sent < to) latencies.Add(Stopwatch.GetElapsedTime(sent, at).TotalMilliseconds);
            }
        }

        latencies.Sort();
        return (deliveries, echoes, latencies);
    }

    private static double Percentile(List<double> sorted, double share) => sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(share * sorted.Count) - 1)];

    private static double OwnSeconds() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    private async Task<long> SyncsAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(servers.Database);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT wal_sync FROM pg_stat_wal", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static Task JoinAsync(IReadOnlyCollection<LoadClient> clients, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        clients,
        new ParallelOptions { MaxDegreeOfParallelism = JoinsAtOnce, CancellationToken = cancellationToken },
        async (client, _) => await client.JoinAsync());

    private sealed class Crowd(IEnumerable<LoadClient> clients) : IAsyncDisposable
    {
        public LoadClient[] Clients { get; } = [.. clients];

        public async ValueTask DisposeAsync()
        {
            foreach (var client in Clients) await client.DisposeAsync();
        }
    }
}
