using System.Reflection;

namespace LocalAspire.Testing;

/// <summary>
/// Runs an AppHost's own entry point for a test: its builder is taken over at Build(), its Run() waits until the test is done. The entry point
/// runs on a thread of its own and is recognised by the flow of execution, so several can run at once in one process.
/// </summary>
internal sealed class EntryPointRun(Assembly assembly, string[] args) : IAsyncDisposable
{
    private static readonly AsyncLocal<EntryPointRun?> Here = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointRun? Current => Here.Value;
    public Assembly Assembly => assembly;
    public TaskCompletionSource<DistributedApplication> Application { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public Task Ended => _ended.Task;

    public static Task<DistributedApplicationBuilder> StartAsync(Assembly assembly, string[] args)
    {
        var run = new EntryPointRun(assembly, args);
        new Thread(run.Invoke) { IsBackground = true, Name = $"{assembly.GetName().Name} under test" }.Start();
        return run._builder.Task;
    }

    /// <summary>The AppHost's own Build(): the test changes the builder first, and builds.</summary>
    public DistributedApplication WaitForBuild(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        return Application.Task.GetAwaiter().GetResult();
    }

    public void End() => _ended.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        if (!Application.TrySetCanceled())
            await (await Application.Task).DisposeAsync();
        End();
    }

    /// <summary>What a launch of the AppHost by its first profile would have set, without a developer's ports; also as the host reads its own settings: DOTNET_ENVIRONMENT is "environment".</summary>
    public static Dictionary<string, string?> LaunchVariables(string projectFolder)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["DcpPublisher:RandomizePorts"] = "true" };
        foreach (var (name, value) in LaunchProfile.Find(projectFolder, null)?.Variables ?? [])
            values[name] = values[name.Replace("DOTNET_", "", StringComparison.Ordinal)] = value;
        return values;
    }

    private void Invoke()
    {
        Here.Value = this;
        try
        {
            var entryPoint = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point: it is no AppHost.");
            entryPoint.Invoke(null, [args]);
            _builder.TrySetException(new InvalidOperationException($"{assembly.GetName().Name} ended without building a distributed application."));
        }
        catch (Exception failure)
        {
            _builder.TrySetException((failure as TargetInvocationException)?.InnerException ?? failure);
        }
    }
}
