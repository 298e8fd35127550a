using System.Globalization;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>What the operating system says of a replica's process.</summary>
/// <param name="MemoryMiB">Resident memory.</param>
/// <param name="Descriptors">Open files and sockets.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct ReplicaFacts(double MemoryMiB, int Descriptors, int Threads)
{
    public static ReplicaFacts Of(int pid)
    {
        var status = File.ReadAllLines($"/proc/{pid}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        return new ReplicaFacts(
            long.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture) / 1024.0,
            Directory.GetFiles($"/proc/{pid}/fd").Length,
            int.Parse(status["Threads"], CultureInfo.InvariantCulture));
    }

    /// <summary>Connections that somebody has to a port of this machine: TCP, established, seen from the listening side.</summary>
    public static int ConnectionsTo(int port)
    {
        var ending = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }.SelectMany(table => File.ReadAllLines(table).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(entry => entry[1].EndsWith(ending, StringComparison.Ordinal) && entry[3] == "01");
    }
}
