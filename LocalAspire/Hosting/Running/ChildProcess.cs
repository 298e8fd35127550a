using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting;

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

    private static readonly BlockingCollection<Action> Starts = StarterThread();

    // part of util-linux, so of every ordinary Linux; elsewhere children end with an orderly stop only
    private static readonly bool GuardsChildren = OperatingSystem.IsLinux() && Executables.Find("setsid") is not null && Executables.Find("setpriv") is not null;

    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        Pid = process.Id;
        Exited = WaitAsync(process);
    }

    public int Pid { get; }
    public Task<int> Exited { get; }

    public static async Task<ChildProcess> StartAsync(ChildCommand command, Action<string, bool> onLine)
    {
        var process = new Process { StartInfo = Describe(command) };
        process.OutputDataReceived += (_, line) => Pass(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => Pass(line.Data, isError: true);
        void Pass(string? line, bool isError)
        {
            if (line is not null)
                onLine(line, isError);
        }

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                process.Start();
                started.SetResult();
            }
            catch (Win32Exception failure)
            {
                started.SetException(new DistributedApplicationException($"{process.StartInfo.FileName} does not start: {failure.Message}", failure));
            }
        });
        await started.Task;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.StandardInput.WriteAsync(command.Input);
        process.StandardInput.Close();
        return new ChildProcess(process);
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
        if (OperatingSystem.IsWindows() || Kill(Pid, signal) != 0)
            _process.Kill(entireProcessTree: true);
        try
        {
            await Exited.WaitAsync(StopPatience);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Exited;
        }
    }

    private static async Task<int> WaitAsync(Process process)
    {
        await process.WaitForExitAsync();
        var exitCode = process.ExitCode;
        process.Dispose();
        return exitCode;
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

    // the kernel's death signal fires when the thread that started the child ends, so one thread that never ends starts them all
    private static BlockingCollection<Action> StarterThread()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "LocalAspire starts children" }.Start();
        return starts;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int pid, int signal);
}

internal static class Executables
{
    public static IEnumerable<string> Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    public static string? Find(string name) => Path.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
