using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LocalAspire.Tests;

/// <summary>The sample AppHost as a process of its own, as `dotnet run` starts it, with a home folder of its own.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string? _ownHome;

    private AppHostProcess(Process process, string? ownHome)
    {
        _process = process;
        _ownHome = ownHome;
    }

    public Task Exited => _process.WaitForExitAsync();

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output => string.Join('\n', _lines);

    public static AppHostProcess Start(string[] args, string? home = null, params (string Name, string Value)[] environment)
    {
        var ownHome = home is null ? Directory.CreateTempSubdirectory("local-aspire-home-").FullName : null;
        // a shell without job control lets what it starts in the background ignore Ctrl-C, and children inherit that: the tests may run so, the AppHost not
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", typeof(Projects.ChatLab_AppHost).Assembly.Location, .. args])
        {
            WorkingDirectory = Projects.ChatLab_AppHost.ProjectPath,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // volumes and secrets go to a throw-away home; the cached database template stays where it is
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        start.Environment["HOME"] = home ?? ownHome;
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(home ?? ownHome!, "tmp")).FullName;
        // and packages that were fetched once need no fetching again
        start.Environment["NUGET_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        start.Environment.Remove("XDG_DATA_HOME");
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["DOTNET_LAUNCH_PROFILE"] = "http";
        start.Environment["Parameters__jwt_key"] = Graph.JwtKey;
        start.Environment["DcpPublisher__RandomizePorts"] = "true";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        var result = new AppHostProcess(new Process { StartInfo = start }, ownHome);
        result._process.OutputDataReceived += (_, line) => result.Keep(line.Data);
        result._process.ErrorDataReceived += (_, line) => result.Keep(line.Data);
        result._process.Start();
        result._process.BeginOutputReadLine();
        result._process.BeginErrorReadLine();
        return result;
    }

    public Task UntilSaysAsync(string text) => Wait.UntilAsync(() =>
    {
        Assert.False(_process.HasExited && !Output.Contains(text, StringComparison.Ordinal), $"the AppHost ended: {Output}");
        return Task.FromResult(Output.Contains(text, StringComparison.Ordinal));
    }, Graph.Patience, $"the AppHost says '{text}'");

    /// <summary>The address at which the AppHost says that its API is ready.</summary>
    public async Task<Uri> UntilReadyAsync()
    {
        const string Says = "is ready at ";
        await UntilSaysAsync(Says);
        return new Uri(Output.Split(Says)[1].Split('\n')[0]);
    }

    /// <summary>Kills it alone and returns when it is dead: while it is not, <see cref="Dispose"/> would kill what it leaves behind as well.</summary>
    public void Kill9()
    {
        _process.Kill(entireProcessTree: false);
        Assert.True(_process.WaitForExit(Graph.Patience));
    }

    public void SendTerminate() => Assert.Equal(0, Kill(_process.Id, Terminate));

    public void SendInterrupt() => Assert.Equal(0, Kill(_process.Id, Interrupt));

    /// <summary>Everything below the AppHost, children of children too.</summary>
    public int[] Descendants()
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).ToDictionary(pid => pid, ParentOf);
        var found = new HashSet<int> { _process.Id };
        while (parents.Where(item => found.Contains(item.Value)).Count(item => found.Add(item.Key)) > 0)
            continue;
        found.Remove(_process.Id);
        return [.. found];
    }

    /// <summary>Processes that an AppHost with this home folder started, whoever their parent is now: their environment says so, or where they work.</summary>
    public static string[] Below(string home) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out var pid) && pid != Environment.ProcessId && IsAlive(pid))
            .Select(folder => CommandBelow(home, folder)).OfType<string>(),
    ];

    public static bool IsAlive(int pid) => Stat(pid) is [not "Z", ..];

    /// <summary>Null = it is not below, or has ended meanwhile.</summary>
    private static string? CommandBelow(string home, string process)
    {
        try
        {
            var isBelow = File.ReadAllText(Path.Combine(process, "environ")).Contains($"HOME={home}\0", StringComparison.Ordinal)
                || new FileInfo(Path.Combine(process, "cwd")).LinkTarget?.StartsWith(home, StringComparison.Ordinal) == true;
            return isBelow ? $"{Path.GetFileName(process)} {File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ')}" : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }

    private static int ParentOf(int pid) => Stat(pid) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : -1;

    // "4711 (name) S 4700 ...": the fields from the state on; none = it has ended
    private static string[] Stat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        if (_ownHome is not null)
            Directory.Delete(_ownHome, recursive: true);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
