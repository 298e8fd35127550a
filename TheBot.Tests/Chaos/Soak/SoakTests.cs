using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>
/// A school that talks for long while people come and go: memory stays flat, and when all are gone nothing of them is left. Only where
/// <c>THEBOT_SOAK_MINUTES</c> says for how long (docs/testing.md).
/// </summary>
[Trait("Needs", "LocalAspire")]
public sealed class SoakTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string MinutesVariable = "THEBOT_SOAK_MINUTES";
    private const double MessagesPerSecond = 300;
    private const int Samples = 40;

    /// <summary>What the runtime takes and gives back as it likes: the curve counts, and not its noise.</summary>
    private const double NoiseMiB = 40;

    /// <summary>The orchestrator's own connections to a replica: its health probe's, and one that its proxy may keep.</summary>
    private const int Probes = 2;

    private static readonly string[] Living = ["thebot.chat.connections", "thebot.chat.rooms", "thebot.chat.subscriptions"];

    private readonly List<ReplicaProcess> _replicas = [];
    private MetricsInbox? _inbox;
    private ChaosGraph? _graph;

    private static bool IsAskedFor => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(MinutesVariable));

    private static double Minutes => double.Parse(Environment.GetEnvironmentVariable(MinutesVariable)!, CultureInfo.InvariantCulture);

    public async Task InitializeAsync()
    {
        if (!IsAskedFor) return;
        _inbox = await MetricsInbox.StartAsync();
        _graph = new ChaosGraph { ReplicaCount = 2, Settings = _inbox.Settings };
        await _graph.InitializeAsync();
        foreach (var address in _graph.Graph.Replicas) _replicas.Add(await ReplicaProcess.FindAsync(_graph.Graph, address));
    }

    public async Task DisposeAsync()
    {
        if (_graph is not null) await _graph.DisposeAsync();
        if (_inbox is not null) await _inbox.DisposeAsync();
    }

    [OnRequestFact(MinutesVariable)]
    public async Task Memory_stays_flat_under_load_and_churn_and_nothing_is_left_of_those_who_are_gone()
    {
        List<double> curve;
        await using (var run = await ChaosRun.StartAsync(_graph!))
        {
            using var enough = new CancellationTokenSource();
            var working = Task.WhenAll(run.TalkAsync(MessagesPerSecond, 1, enough.Token), Churn.CutAsync(run, enough.Token), Churn.VisitAsync(run, enough.Token));
            curve = await WatchAsync(run);
            await enough.CancelAsync();
            await working;

            var violations = await run.JudgeAsync([.. run.School.Rooms.Select(room => room.Student)]);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Said / (Minutes * 60):0} messages a second; {run}"));
            Assert.True(violations.Count == 0, string.Join('\n', violations.Take(20)));
            Assert.InRange(run.Said / (Minutes * 60), MessagesPerSecond * 0.9, MessagesPerSecond * 1.1); // or it was another load
        }

        AssertFlat(curve);
        await AssertNothingIsLeftAsync();
    }

    private async Task<List<double>> WatchAsync(ChaosRun run)
    {
        var curve = new List<double>();
        var began = Stopwatch.GetTimestamp();
        output.WriteLine("minute  memory MiB  descriptors  threads  connections  rooms  subscriptions  messages");
        for (var sample = 1; sample <= Samples; sample++)
        {
            var left = TimeSpan.FromMinutes(Minutes * sample / Samples) - Stopwatch.GetElapsedTime(began);
            if (left > TimeSpan.Zero) await Task.Delay(left);
            var facts = _replicas.Select(replica => ReplicaFacts.Of(replica.Pid)).ToList();
            curve.Add(facts.Sum(fact => fact.MemoryMiB));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Stopwatch.GetElapsedTime(began).TotalMinutes,6:0.0}  {curve[^1],10:0}  {facts.Sum(f => f.Descriptors),11}  {facts.Sum(f => f.Threads),7}  {_inbox!.Total(Living[0]),11}  {_inbox!.Total(Living[1]),5}  {_inbox!.Total(Living[2]),13}  {run.Said,8}"));
        }

        return curve;
    }

    /// <summary>From the second quarter to the last one the middle of the curve does not rise by more than noise.</summary>
    private static void AssertFlat(List<double> curve)
    {
        var (early, late) = (Median(curve[(Samples / 4)..(Samples / 2)]), Median(curve[(Samples * 3 / 4)..]));
        Assert.True(late <= early + NoiseMiB, $"memory rose from {early:0} to {late:0} MiB");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>By the product's own numbers, by the operating system and by the database.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        foreach (var metric in Living) await Deadline.UntilAsync(() => Task.FromResult(_inbox!.Total(metric)), value => value == 0, metric);
        await Deadline.UntilAsync(
            () => Task.FromResult(_replicas.Sum(replica => ReplicaFacts.ConnectionsTo(replica.Address.Port))), sockets => sockets <= Probes * _replicas.Count, "sockets of clients");
        await using var command = _graph!.Database.CreateCommand("SELECT count(*) FROM presence");
        await Deadline.UntilAsync(async () => (long)(await command.ExecuteScalarAsync(Deadline.Token()))!, rows => rows == 0, "rows of presence");
    }
}
