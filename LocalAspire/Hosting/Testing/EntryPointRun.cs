using System.Reflection;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Testing;

/// <summary>
/// Runs an AppHost's own entry point for a test: its builder is taken over at Build(), its Run() waits until the test is done. The entry point
/// runs on a thread of its own and is recognised by the flow of execution, so several can run at once in one process.
/// </summary>
internal sealed class EntryPointRun
{
    private static readonly AsyncLocal<EntryPointRun?> Here = new();

    private readonly Assembly _assembly;
    private readonly string[] _args;
    private readonly Action<DistributedApplicationOptions, HostApplicationBuilderSettings> _configure;
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EntryPointRun(Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        _assembly = assembly;
        _args = args;
        _configure = configure;
    }

    public static EntryPointRun? Current => Here.Value;

    public Task<DistributedApplicationBuilder> Builder => _builder.Task;

    public Task Ended => _ended.Task;

    public static EntryPointRun Start(Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        var entryPoint = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point: it is no AppHost.");
        var run = new EntryPointRun(assembly, args, configure);
        new Thread(() => run.Invoke(entryPoint)) { IsBackground = true, Name = $"{assembly.GetName().Name} under test" }.Start();
        return run;
    }

    /// <summary>What a launch of the AppHost by its first profile would have set, without a developer's ports.</summary>
    public void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        options.Args = settings.Args = _args;
        options.AssemblyName = settings.ApplicationName = _assembly.GetName().Name;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        options.AllowUnsecuredTransport = true;
        settings.ContentRootPath = DistributedApplicationOptions.Metadata(_assembly, "AppHostProjectPath");
        settings.Configuration = new ConfigurationManager();
        settings.Configuration.AddInMemoryCollection(LaunchVariables(settings.ContentRootPath));
        settings.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DcpPublisher:RandomizePorts"] = "true" });
        _configure(options, settings);
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

    private void Invoke(MethodInfo entryPoint)
    {
        Here.Value = this;
        try
        {
            entryPoint.Invoke(null, entryPoint.GetParameters().Length == 0 ? null : [_args]);
            Fail(new InvalidOperationException($"{_assembly.GetName().Name} ended without building a distributed application."));
        }
        catch (TargetInvocationException failure)
        {
            Fail(failure.InnerException ?? failure);
        }
    }

    private void Fail(Exception failure)
    {
        _builder.TrySetException(failure);
        _application.TrySetException(failure);
    }

    private static Dictionary<string, string?> LaunchVariables(string? projectFolder)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var file = Path.Combine(projectFolder ?? "", "Properties", "launchSettings.json");
        if (!File.Exists(file) || LaunchProfile.Read(file).FirstOrDefault() is not { } profile)
            return values;
        values["DOTNET_LAUNCH_PROFILE"] = profile.Name;
        foreach (var (name, value) in profile.EnvironmentVariables)
        {
            values[name] = value;
            // as the host reads its own settings: DOTNET_ENVIRONMENT is "environment"
            foreach (var prefix in new[] { "DOTNET_", "ASPNETCORE_" })
            {
                if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    values.TryAdd(name[prefix.Length..], value);
            }
        }

        return values;
    }
}
