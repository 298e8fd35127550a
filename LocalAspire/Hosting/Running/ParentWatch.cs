using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LocalAspire.Running;

/// <summary>When the `dotnet run` before an AppHost is killed, the AppHost would stay behind unseen, with everything it started.</summary>
internal static class ParentWatch
{
    public static async Task RunAsync(IHostApplicationLifetime lifetime)
    {
        if (!OperatingSystem.IsLinux() || GetParent() is var id && !File.Exists($"/proc/{id}/cmdline"))
            return;
        using var parent = Process.GetProcessById(id);
        var words = await File.ReadAllTextAsync($"/proc/{id}/cmdline");
        if (!words.Contains("dotnet") || !words.Split('\0').Contains("run"))
            return;
        await parent.WaitForExitAsync();
        lifetime.StopApplication();
    }

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int GetParent();
}
