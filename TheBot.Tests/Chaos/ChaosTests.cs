using System.Globalization;
using TheBot.Tests.Chaos.Faults;
using Xunit.Abstractions;

namespace TheBot.Tests.Chaos;

/// <summary>
/// A school of forty clients in ten rooms goes on talking while things break, and keeps its promises. Faults strike processes by their id, for which
/// the graph has to run them itself: <c>Needs=LocalAspire</c>.
/// </summary>
/// <remarks>More seeds than the few of every build: <c>THEBOT_CHAOS_SEEDS=1000-1049</c> (docs/testing.md).</remarks>
[Trait("Needs", "LocalAspire")]
public sealed class ChaosTests(ChaosGraph graph, ITestOutputHelper output) : IClassFixture<ChaosGraph>
{
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(10);

    public static TheoryData<int> Seeds => [.. Environment.GetEnvironmentVariable("THEBOT_CHAOS_SEEDS") is { Length: > 0 } asked ? Parse(asked) : [1, 2]];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_breaks_every_accepted_message_arrives_exactly_once_and_in_order(int seed)
    {
        var scenario = Scenario.Of(seed);
        output.WriteLine($"{scenario}");
        await using var run = await ChaosRun.StartAsync(graph);
        try
        {
            await scenario.PlayAsync(run);
            var violations = await run.JudgeAsync();
            Assert.True(violations.Count == 0, $"{string.Join('\n', violations.Take(20))}\n{scenario}\n{run}");
        }
        finally
        {
            output.WriteLine($"{run}");
        }
    }

    [Fact]
    public async Task A_rolling_restart_under_load_loses_and_doubles_nothing_fails_no_send_and_everybody_is_back_within_10_s()
    {
        await using var run = await ChaosRun.StartAsync(graph);
        using var enough = new CancellationTokenSource();
        var talking = run.TalkAsync(100, 1, enough.Token);
        await Deadline.UntilAsync(() => Task.FromResult(run.Said), said => said > 100, "talk");
        await new RollingRestart().StrikeAsync(run, new Random(1));
        await enough.CancelAsync();
        await talking;

        var violations = await run.JudgeAsync();

        var away = run.Members.OrderByDescending(member => member.LongestAway).ToList();
        output.WriteLine($"longest away: {string.Join(", ", away.Take(5).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} {m.LongestAway.TotalSeconds:0.0} s")))}\n{run}");
        Assert.True(violations.Count == 0, $"{string.Join('\n', violations.Take(20))}\n{run}");
        Assert.All(run.Members.SelectMany(member => member.Sends), send => Assert.Equal(SendState.Sent, send.State));
        Assert.All(away, member => Assert.InRange(member.LongestAway, TimeSpan.FromMilliseconds(1), BackWithin));
    }

    /// <summary>"1000-1049", "7", "1,5,20-22".</summary>
    private static IEnumerable<int> Parse(string seeds)
    {
        foreach (var part in seeds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            for (var seed = ends[0]; seed <= ends[^1]; seed++) yield return seed;
        }
    }
}
