using System.CommandLine;
using TheBot.Bench.Load.Wires;
using TheBot.Bench.Servers;

namespace TheBot.Bench.Load;

/// <summary><c>load</c>: workloads in closed and open loop, in every dialect, on any number of replicas.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var workloads = new Argument<string[]>("workloads") { Description = "S1, S2, S3, S4; S3@1000 sets the rate", Arity = ArgumentArity.OneOrMore };
        var wires = new Option<string[]>("--wire") { Description = "v1, seed or hub", DefaultValueFactory = _ => ["v1"], AllowMultipleArgumentsPerToken = true };
        wires.AcceptOnlyFromAmong(WireOf.Names);
        var replicas = new Option<int[]>("--replicas") { Description = "processes of the API", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
        var runs = new Option<int>("--runs") { Description = "runs of each", DefaultValueFactory = _ => 5 };
        var warmUp = new Option<double>("--warm-up") { Description = "seconds before the first run's window; 2 before the others'", DefaultValueFactory = _ => 6 };
        var window = new Option<double>("--window") { Description = "seconds that are measured", DefaultValueFactory = _ => 12 };
        var quiet = new Option<double>("--quiet") { Description = "foreign cores that a run may see and still count for the median", DefaultValueFactory = _ => 0.15 };
        var output = new Option<FileInfo?>("--out") { Description = "a file to which each run is appended as a line of JSON" };
        var command = new Command("load", "Messages a second, latency and cost of a message, with an audit of what arrived")
        {
            workloads, wires, replicas, runs, warmUp, window, quiet, output,
        };
        command.SetAction(async (asked, cancellationToken) =>
        {
            LoadReport.Header();
            var medians = new List<LoadResult>();
            var combinations =
                from workload in asked.GetValue(workloads)!.Select(Parse)
                from count in asked.GetValue(replicas)!
                from wire in asked.GetValue(wires)!
                select (workload, count, wire);
            foreach (var (workload, count, wire) in combinations)
            {
                var results = new List<LoadResult>();
                // idle connections meet new servers each time: memory that was taken once is not taken again
                var (starts, runsEach) = workload.Pace == Pace.Idle ? (asked.GetValue(runs), 1) : (1, asked.GetValue(runs));
                for (var start = 0; start < starts; start++)
                {
                    await using var servers = await ServersUnderLoad.StartAsync(count, workload.School);
                    for (var i = 0; i < runsEach; i++)
                    {
                        var run = new LoadRun(
                            workload, WireOf.Name(wire), servers, TimeSpan.FromSeconds(i == 0 ? asked.GetValue(warmUp) : 2), TimeSpan.FromSeconds(asked.GetValue(window)));
                        results.Add(await run.RunAsync(cancellationToken));
                        LoadReport.Row(results[^1]);
                        if (asked.GetValue(output) is { } file) LoadReport.Append(file, results[^1]);
                    }
                }

                medians.Add(LoadReport.Median(results, asked.GetValue(quiet)));
            }

            Console.WriteLine("medians");
            medians.ForEach(LoadReport.Row);
            return medians.TrueForAll(run => run.Audit is null or { IsClean: true } && run.Errors == 0) ? 0 : 1;
        });
        return command;
    }

    private static Workload Parse(string text)
    {
        var parts = text.Split('@');
        var workload = Workload.All.GetValueOrDefault(parts[0]) ?? throw new ArgumentException($"no workload {parts[0]}: S1, S2, S3 or S4");
        return parts.Length == 1 ? workload : workload with { Rate = double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) };
    }
}
