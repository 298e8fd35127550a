using System.Text.Json;

namespace TheBot.Bench.Load;

/// <summary>Runs as a table, the median of each group of the same, and as JSON lines for whoever counts on.</summary>
internal static class LoadReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void Header() => Console.WriteLine(
        $"{"workload",-10} {"wire",-5} {"replicas",8} {"msg/s",9} {"deliv/s",9} {"p50 ms",8} {"p99 ms",8} {"p99.9",8} {"msg/cpu-s",10} {"api/pg/redis/gen/foreign cores",31} {"syncs/msg",9} {"KB/conn",8} {"MB",6}  audit");

    public static void Row(LoadResult run)
    {
        double Cores(string name) => run.Processor.Where(p => p.Key.StartsWith(name, StringComparison.Ordinal)).Sum(p => p.Value) / run.Seconds;
        var cores = $"{Cores("api"):0.00}/{Cores("pg"):0.00}/{Cores("redis"):0.00}/{run.OwnProcessor / run.Seconds:0.00}/{run.ForeignCores:0.00}";
        Console.WriteLine(
            $"{run.Workload,-10} {run.Wire,-5} {run.Replicas,8} {run.MessagesPerSecond,9:0} {run.DeliveriesPerSecond,9:0} {run.P50,8:0.0} {run.P99,8:0.0} {run.P999,8:0.0} {run.MessagesPerServerSecond,10:0} {cores,31} {run.SyncsPerMessage,9:0.000} {run.KilobytesPerConnection,8:0.0} {run.Megabytes.Where(p => p.Key.StartsWith("api", StringComparison.Ordinal)).Sum(p => p.Value),6:0}  {run.Audit}{(run.Errors > 0 ? $" ERRORS {run.Errors}: {run.Complaint}" : "")}");
    }

    /// <summary>The run with the median throughput (of an idle workload: memory), of those that had the machine to themselves if there are any.</summary>
    public static LoadResult Median(IReadOnlyList<LoadResult> runs, double quiet)
    {
        var considered = runs.Where(run => run.ForeignCores <= quiet).ToList();
        if (considered.Count == 0) considered = [.. runs];
        return considered.OrderBy(run => run.MessagesPerSecond + run.KilobytesPerConnection).ElementAt(considered.Count / 2);
    }

    public static void Append(FileInfo file, LoadResult run) => File.AppendAllText(file.FullName, JsonSerializer.Serialize(run, Json) + "\n");
}
