using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Running;

/// <summary>One replica of a project: its built dll, started with the environment that the graph says, on ports of its own.</summary>
internal sealed class ProjectInstance : Instance
{
    public const string ServiceNameMark = "{{service name}}";
    public const string InstanceIdMark = "{{instance id}}";

    private readonly ProjectResource _project;
    private readonly string _suffix;
    private readonly Dictionary<string, int> _ports;

    public ProjectInstance(Orchestrator owner, ProjectResource project, string suffix) : base(owner, project, $"{project.Name}-{suffix}")
    {
        _project = project;
        _suffix = suffix;
        var isSingle = project.GetReplicaCount() == 1;
        _ports = project.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name,
            endpoint => (isSingle ? endpoint.TargetPort ?? (endpoint.IsProxied ? null : endpoint.Port) : null) ?? owner.Folders.LeasePort());
    }

    /// <summary>Running, and not known to be unwell: the proxy sends it requests.</summary>
    public bool IsReady => IsRunning && Owner.Notifications.TryGetCurrentState(Id, out var state)
        && state.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;

    // a program that ran to its end is the ordinary case here, as with a migration
    protected override string EndedState => KnownResourceStates.Finished;

    protected override string? Source => _project.GetProjectMetadata().ProjectPath;

    public int Port(string endpointName) => _ports[endpointName];

    public override IEnumerable<Uri> ProbeAddresses(HttpProbeAnnotation probe) =>
        _ports.TryGetValue(probe.EndpointName, out var port) ? [new Uri(new Uri($"http://localhost:{port}"), probe.Path)] : [];

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var path = _project.GetProjectMetadata().ProjectPath;
        var dll = await FindDllAsync(path);
        if (!File.Exists(dll))
            throw new DistributedApplicationException($"{_project.Name} does not start: {dll} does not exist; build the project first");

        var environment = await ResolveEnvironmentAsync(cancellationToken);
        var arguments = new List<object>();
        foreach (var callback in _project.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            callback.Callback(arguments);
        Publish(before => before.With(
            new ResourcePropertySnapshot("project.path", path),
            new ResourcePropertySnapshot("project.launchProfile", environment.GetValueOrDefault("DOTNET_LAUNCH_PROFILE")),
            new ResourcePropertySnapshot("executable.path", DotnetHost()),
            new ResourcePropertySnapshot("executable.workDir", Path.GetDirectoryName(path))) with
        {
            EnvironmentVariables = [.. environment.Select(item => new EnvironmentVariableSnapshot(item.Key, item.Value, IsFromSpec: true))],
            Urls = Owner.Urls(_project),
        });
        return await ChildProcess.StartAsync(
            new ChildCommand(DotnetHost(), [dll, .. arguments.Select(item => item.ToString()!)], Path.GetDirectoryName(path)!) { Environment = environment },
            (line, isError) => Owner.Logs.Add(Id, line, isError));
    }

    private async Task<Dictionary<string, string>> ResolveEnvironmentAsync(CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(Owner.ExecutionContext, _project, cancellationToken: cancellationToken);
        foreach (var annotation in _project.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await annotation.Callback(context);

        var resolved = new Dictionary<string, string>();
        foreach (var (name, value) in context.EnvironmentVariables)
        {
            var text = value is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : Convert.ToString(value, CultureInfo.InvariantCulture);
            resolved[name] = ForThisReplica(text ?? "");
        }

        return resolved;
    }

    private string ForThisReplica(string text)
    {
        text = text.Replace(ServiceNameMark, _project.Name, StringComparison.Ordinal).Replace(InstanceIdMark, _suffix, StringComparison.Ordinal);
        foreach (var (endpoint, port) in _ports)
            text = text.Replace(EndpointReferenceExpression.ReplicaPort(endpoint), port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return text;
    }

    // the AppHost's build wrote down where each referenced project's dll lies; one added by its path is built now
    private async Task<string> FindDllAsync(string projectPath)
    {
        var known = Owner.AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(item => item.Key == $"LocalAspire:{projectPath}")?.Value;
        if (known is not null)
            return known;
        var answer = await ChildProcess.RunAsync(new ChildCommand(DotnetHost(), ["build", projectPath, "-getProperty:TargetPath", "-getTargetResult:Build"], Path.GetDirectoryName(projectPath)!));
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("Properties").GetProperty("TargetPath").GetString()!;
    }

    // ".../dotnet/shared/Microsoft.NETCore.App/10.0.0/" lies three folders below the host that runs us
    private static string DotnetHost() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host
        ? host
        : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
