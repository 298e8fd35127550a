using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Running;

/// <summary>
/// `dotnet run` stands between the terminal and the AppHost. When it is killed the AppHost would stay behind unseen, with everything it started.
/// </summary>
internal static partial class ParentWatch
{
    public static Timer? Start(IHostApplicationLifetime lifetime)
    {
        if (!OperatingSystem.IsLinux() || GetParent() is var parent && !IsDotnetRun(parent))
            return null;
        return new Timer(_ =>
        {
            if (GetParent() != parent)
                lifetime.StopApplication();
        }, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    private static bool IsDotnetRun(int pid)
    {
        var words = File.Exists($"/proc/{pid}/cmdline") ? File.ReadAllText($"/proc/{pid}/cmdline").Split('\0') : [];
        return words.Contains("run") && words.Any(word => Path.GetFileName(word) is "dotnet" or "dotnet.dll");
    }

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int GetParent();
}
