using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LocalAspire.Running;

internal sealed record ChildCommand(string File, params IReadOnlyList<string> Arguments)
{
    public string WorkingDirectory { get; init; } = "/";
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What the kernel sends when the AppHost dies without a word.</summary>
    public string DeathSignal { get; init; } = "KILL";

    /// <summary>Written to its standard input: secrets have no place in arguments, which every user can list.</summary>
    public string Input { get; init; } = "";
}

/// <summary>A process that does not outlive the AppHost, whatever happens to it.</summary>
internal sealed class ChildProcess
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    // of the AppHost's own launch; a child that inherited them would listen on the AppHost's address
    private static readonly string[] NotInherited = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE"];

    // part of util-linux, so of every ordinary Linux; elsewhere children end with an orderly stop only
    private static readonly bool GuardsChildren = OperatingSystem.IsLinux() && Executables.Find("setsid") is not null && Executables.Find("setpriv") is not null;

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private ChildProcess(ChildCommand command, Action<string, bool> onLine)
    {
        _process = new Process { StartInfo = Describe(command) };
        _process.OutputDataReceived += (_, line) => { if (line.Data is { } text) onLine(text, false); };
        _process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) onLine(text, true); };
    }

    public int Pid { get; private set; }
    public Task<int> Exited => _exited.Task;

    public static async Task<ChildProcess> StartAsync(ChildCommand command, Action<string, bool> onLine)
    {
        var child = new ChildProcess(command, onLine);
        // the kernel's death signal fires when the thread that started the child ends, so each child has a thread that stays
        new Thread(child.Live) { IsBackground = true, Name = command.File }.Start();
        await child._started.Task;
        await child._process.StandardInput.WriteAsync(command.Input);
        child._process.StandardInput.Close();
        return child;
    }

    /// <summary>Runs to the end; an exit code other than 0 is an error that carries what it printed.</summary>
    public static async Task<string> RunAsync(ChildCommand command)
    {
        var output = new ConcurrentQueue<string>();
        var child = await StartAsync(command, (line, _) => output.Enqueue(line));
        var code = await child.Exited;
        var text = string.Join('\n', output);
        return code == 0 ? text : throw new DistributedApplicationException($"{command.File} ended with exit code {code}: {text}");
    }

    public async Task StopAsync(int signal)
    {
        if (!Exited.IsCompleted)
            _ = Kill(Pid, signal);
        if (await Task.WhenAny(Exited, Task.Delay(StopPatience)) != Exited)
            _process.Kill(entireProcessTree: true);
        await Exited;
    }

    private void Live()
    {
        try
        {
            _process.Start();
        }
        catch (Win32Exception failure)
        {
            _started.SetException(new DistributedApplicationException($"{_process.StartInfo.FileName} does not start: {failure.Message}", failure));
            return;
        }

        Pid = _process.Id;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _started.SetResult();
        _process.WaitForExit();
        _exited.SetResult(_process.ExitCode);
    }

    private static ProcessStartInfo Describe(ChildCommand command)
    {
        // a session of its own: Ctrl-C at the terminal reaches the AppHost alone, which then stops its children in order;
        // and no life for a child whose AppHost died before the kernel knew that it is to be told
        string[] line = GuardsChildren
            ? ["setsid", "setpriv", "--pdeathsig", command.DeathSignal, "--", "sh", "-c", "[ $PPID = $0 ] && exec \"$@\"", $"{System.Environment.ProcessId}", command.File, .. command.Arguments]
            : [command.File, .. command.Arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = command.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => NotInherited.Contains(name) || name.StartsWith("ASPIRE_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        return start;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}

internal static class Executables
{
    public static IEnumerable<string> Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    public static string? Find(string name) => Path.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
