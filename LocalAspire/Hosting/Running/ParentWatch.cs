using System.Globalization;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Running;

/// <summary>
/// `dotnet run` stands between the terminal and the AppHost. When it is killed the AppHost would stay behind unseen, with everything it started.
/// </summary>
internal static class ParentWatch
{
    public static IDisposable? Start(IHostApplicationLifetime lifetime)
    {
        if (!OperatingSystem.IsLinux() || ParentId() is not { } parent || !IsDotnetRun(parent))
            return null;
        return new Timer(_ =>
        {
            if (ParentId() != parent)
                lifetime.StopApplication();
        }, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    private static bool IsDotnetRun(int pid)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return words.Contains("run") && words.Any(word => Path.GetFileName(word) is "dotnet" or "dotnet.dll");
        }
        catch (IOException)
        {
            // gone between the two looks: whoever it was does not wait for us
            return false;
        }
    }

    // "PPid:\t123" of /proc/self/status
    private static int? ParentId() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("PPid:", StringComparison.Ordinal))
        .Select(line => (int?)int.Parse(line.AsSpan("PPid:".Length), CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
