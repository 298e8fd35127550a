using System.Globalization;

namespace TheBot.Bench.Load;

/// <summary>Processor time and memory of processes with all their children, and of the whole machine, from /proc.</summary>
/// <param name="processes">What each is called, and its id.</param>
internal sealed class ProcessMeter(IReadOnlyList<(string Name, int Id)> processes)
{
    private const double TicksPerSecond = 100; // USER_HZ of every Linux that .NET runs on

    /// <summary>Seconds of processor time by name; ended children count with their parents.</summary>
    public Dictionary<string, double> Seconds() => Sum(id =>
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    /// <summary>Resident kilobytes by name; of what processes share (Postgres its buffers) each has its part.</summary>
    public Dictionary<string, double> Kilobytes() => Sum(id => File.ReadLines($"/proc/{id}/smaps_rollup")
        .Where(line => line.StartsWith("Pss:", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)));

    /// <summary>Seconds that the machine's cores were busy, all together.</summary>
    public static double MachineSeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(f => double.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TicksPerSecond;
    }

    private Dictionary<string, double> Sum(Func<int, double> read)
    {
        var sums = new Dictionary<string, double>();
        foreach (var (name, root) in processes)
        {
            foreach (var id in Tree(root))
            {
                try
                {
                    sums[name] = sums.GetValueOrDefault(name) + read(id);
                }
                catch (IOException)
                {
                    // a child that ended while the tree was walked
                }
            }
        }

        return sums;
    }

    private static IEnumerable<int> Tree(int id)
    {
        yield return id;
        List<int> children = [];
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{id}/task"))
            {
                children.AddRange(File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
            }
        }
        catch (IOException)
        {
            // ended meanwhile
        }

        foreach (var descendant in children.SelectMany(Tree)) yield return descendant;
    }
}
