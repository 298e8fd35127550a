using System.Globalization;
using TheBot.Tests.Chaos.Faults;

namespace TheBot.Tests.Chaos;

/// <summary>What strikes when, made of a seed alone: the same seed is the same schedule on every machine.</summary>
/// <param name="Seed">Where it comes from.</param>
/// <param name="Strikes">In the order of time.</param>
internal sealed record Scenario(int Seed, IReadOnlyList<Strike> Strikes)
{
    private const int MixedStrikes = 7;

    /// <summary>Messages a second of all clients together.</summary>
    private const double Rate = 100;

    private static readonly TimeSpan StruckWithin = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    /// <summary>A seed that divides by three is one kind of fault alone, three times; the others are a mixture.</summary>
    public static Scenario Of(int seed)
    {
        var random = new Random(seed);
        var isAlone = seed % 3 == 0;
        var strikes = Enumerable.Range(0, isAlone ? 3 : MixedStrikes)
            .Select(_ => new Strike(
                StruckWithin * random.NextDouble(), isAlone ? Fault.All[seed / 3 % Fault.All.Count] : Fault.All[random.Next(Fault.All.Count)], random.Next()))
            .OrderBy(strike => strike.At);
        return new Scenario(seed, [.. strikes]);
    }

    /// <summary>Plays it on a run that has begun, with everybody talking from a little before the first strike to a little after the last.</summary>
    public async Task PlayAsync(ChaosRun run)
    {
        using var enough = new CancellationTokenSource();
        var talking = run.TalkAsync(Rate, Seed, enough.Token);
        try
        {
            await Task.Delay(Quiet);
            var turns = Enum.GetValues<FaultTarget>().ToDictionary(target => target, _ => new SemaphoreSlim(1));
            await Task.WhenAll(Strikes.Select(async strike =>
            {
                await Task.Delay(strike.At);
                await turns[strike.Fault.Target].WaitAsync();
                try
                {
                    await strike.Fault.StrikeAsync(run, new Random(strike.Chance));
                }
                finally
                {
                    turns[strike.Fault.Target].Release();
                }
            }));
            await Task.Delay(Quiet);
        }
        finally
        {
            await enough.CancelAsync();
            await talking;
        }
    }

    public override string ToString() => $"seed {Seed}\n{string.Join('\n', Strikes.Select(strike => string.Create(CultureInfo.InvariantCulture, $"  {strike.At.TotalSeconds,5:0.0} s  {strike.Fault.Name}")))}";
}

/// <param name="At">After the beginning.</param>
/// <param name="Fault">What strikes.</param>
/// <param name="Chance">The seed of what is left to chance in it.</param>
internal sealed record Strike(TimeSpan At, Fault Fault, int Chance);
