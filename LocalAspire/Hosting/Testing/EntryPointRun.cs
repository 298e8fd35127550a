using System.Reflection;
using Aspire.Hosting;

namespace LocalAspire.Testing;

/// <summary>
/// Runs an AppHost's own entry point for a test: its builder is taken over at Build(), its Run() waits until the test is done. The entry point
/// runs on a thread of its own and is recognised by the flow of execution, so several can run at once in one process.
/// </summary>
internal sealed class EntryPointRun(Assembly assembly, string[] args) : IAsyncDisposable
{
    private static readonly AsyncLocal<EntryPointRun?> Here = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointRun? Current => Here.Value;
    public Assembly Assembly => assembly;
    public Task<DistributedApplicationBuilder> Builder => _builder.Task;
    public Task Ended => _ended.Task;

    public static EntryPointRun Start(Assembly assembly, string[] args)
    {
        var run = new EntryPointRun(assembly, args);
        new Thread(run.Invoke) { IsBackground = true, Name = $"{assembly.GetName().Name} under test" }.Start();
        return run;
    }

    public void OfferBuilder(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void OfferApplication(DistributedApplication application) => _application.TrySetResult(application);

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult();
        return _application.Task.WaitAsync(cancellationToken);
    }

    public void End()
    {
        _ended.TrySetResult();
        _mayBuild.TrySetException(new OperationCanceledException("The test gave the AppHost up before it was built."));
    }

    public async ValueTask DisposeAsync()
    {
        if (_application.Task.IsCompletedSuccessfully)
            await _application.Task.Result.DisposeAsync();
        End();
    }

    /// <summary>What a launch of the AppHost by its first profile would have set, without a developer's ports; also as the host reads its own settings: DOTNET_ENVIRONMENT is "environment".</summary>
    public static Dictionary<string, string?> LaunchVariables(string projectFolder)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["DcpPublisher:RandomizePorts"] = "true" };
        foreach (var (name, value) in LaunchProfile.Find(projectFolder, null)?.Variables ?? new Dictionary<string, string>())
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
            Fail(new InvalidOperationException($"{assembly.GetName().Name} ended without building a distributed application."));
        }
        catch (Exception failure)
        {
            Fail((failure as TargetInvocationException)?.InnerException ?? failure);
        }
    }

    private void Fail(Exception failure)
    {
        _builder.TrySetException(failure);
        _application.TrySetException(failure);
    }
}
