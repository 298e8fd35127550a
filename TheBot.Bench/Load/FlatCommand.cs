using System.CommandLine;
using TheBot.Bench.Load.Wires;
using TheBot.Bench.Servers;

namespace TheBot.Bench.Load;

/// <summary><c>flat</c>: whether a message costs the same in a school that is ten times as large.</summary>
internal static class FlatCommand
{
    private static readonly Workload Base = new("base", Rooms: 50, Members: 4, Senders: 1, Pace.Open, Rate: 500) { History = 200 };

    private static readonly Workload[] Variants =
    [
        Base,
        Base with { Name = "rooms", Rooms = 500 },
        Base with { Name = "members", Absent = 36 },
        Base with { Name = "listeners", Members = 40 },
        Base with { Name = "history", History = 2000 },
        Base with { Name = "idle", IdleBeside = 2000 },
    ];

    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "runs of each", DefaultValueFactory = _ => 3 };
        var window = new Option<double>("--window") { Description = "seconds that are measured", DefaultValueFactory = _ => 10 };
        var command = new Command("flat", "Server time per message, with rooms, members, history and idle connections each times ten, and with three replicas") { runs, window };
        command.SetAction(async (asked, cancellationToken) =>
        {
            LoadReport.Header();
            var medians = new List<(Workload Workload, int Replicas, LoadResult Result)>();
            foreach (var (workload, replicas) in Variants.Select(variant => (variant, 1)).Append((Base, 3)))
            {
                await using var servers = await ServersUnderLoad.StartAsync(replicas, workload.School);
                var results = new List<LoadResult>();
                for (var i = 0; i < asked.GetValue(runs); i++)
                {
                    var run = new LoadRun(workload, new V1Wire(), servers, TimeSpan.FromSeconds(i == 0 ? 6 : 2), TimeSpan.FromSeconds(asked.GetValue(window)));
                    results.Add(await run.RunAsync(cancellationToken));
                    LoadReport.Row(results[^1]);
                }

                medians.Add((workload, replicas, LoadReport.Median(results, quiet: 0.15)));
            }

            Console.WriteLine($"{"variant",-10} {"replicas",8} {"server us/message",18} {"us/delivery",12} {"against base",13}");
            var atBase = Microseconds(medians[0].Result);
            foreach (var (workload, replicas, result) in medians)
            {
                var cost = Microseconds(result);
                Console.WriteLine($"{workload.Name,-10} {replicas,8} {cost,18:0} {cost / workload.Members,12:0.0} {cost / atBase - 1,13:+0%;-0%}");
            }

            return 0;
        });
        return command;
    }

    private static double Microseconds(LoadResult run) => 1e6 * run.ServerSeconds / (run.MessagesPerSecond * run.Seconds);
}
