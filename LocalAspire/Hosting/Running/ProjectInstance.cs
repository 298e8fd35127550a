namespace LocalAspire.Running;

/// <summary>One replica of a project: its built dll, started with the environment that the graph says, on ports of its own.</summary>
internal sealed class ProjectInstance(Orchestrator owner, ProjectResource project, string suffix) : Instance(owner, project, $"{project.Name}-{suffix}")
{
    private readonly Dictionary<string, int> _ports = project.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name, _ => owner.Folders.LeasePort());

    // ".../dotnet/shared/Microsoft.NETCore.App/10.0.0/" lies three folders below the host that runs us
    public static string DotnetHost { get; } = System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host
        ? host
        : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));

    /// <summary>The proxy sends requests to those that pass their health checks.</summary>
    public bool IsReady => Owner.Notifications.TryGetCurrentState(Id, out var state) && state.Snapshot.HealthStatus == HealthStatus.Healthy;

    // a program that ran to its end is the ordinary case here, as with a migration
    protected override string EndedState => KnownResourceStates.Finished;
    public string Suffix => suffix;

    public int Port(string endpointName) => _ports[endpointName];

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var path = project.ProjectPath;
        var dll = Owner.Metadata($"LocalAspire:{path}");
        if (!File.Exists(dll))
            throw new DistributedApplicationException($"{project.Name} does not start: {dll ?? path} is not built; build the AppHost first");
        var environment = Environment();
        PublishSource(path);
        Publish(before => before with
        {
            EnvironmentVariables = [.. environment.Select(item => new EnvironmentVariableSnapshot(item.Key, item.Value, IsFromSpec: true))],
            Urls = [.. Owner.Endpoints(project).Select(endpoint => new UrlSnapshot(endpoint.EndpointName, endpoint.Url, IsInternal: false))],
        });
        var arguments = project.Annotations.OfType<ArgumentsAnnotation>().SelectMany(item => item.Arguments);
        return await StartAsync(new ChildCommand(DotnetHost, [dll, .. arguments]) { WorkingDirectory = Path.GetDirectoryName(path)!, Environment = environment });
    }

    private Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, object>();
        foreach (var annotation in project.Annotations.OfType<EnvironmentAnnotation>())
            annotation.Add(variables, this);
        return variables.ToDictionary(item => item.Key, item => item.Value is IExpressionValue expression ? expression.GetValue() : (string)item.Value);
    }
}
