namespace Aspire.Hosting;

public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

/// <summary>Where a project lies; the build writes one such class for each that the AppHost refers to.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    string ProjectPath { get; }
    bool SuppressBuild => false;
}

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name) where TProject : IProjectMetadata, new()
    {
        var project = builder.AddResource(new ProjectResource(name)).With(new TProject());
        var profile = LaunchProfile.Find(Path.GetDirectoryName(project.Resource.ProjectPath)!, builder.Configuration["DOTNET_LAUNCH_PROFILE"]);
        if (builder.ExecutionContext.IsPublishMode)
            ForPublishing(project.Resource, profile);
        else
            ForRunning(project, profile);
        return project;
    }

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) => builder.With(new ReplicaAnnotation(replicas));

    // a published project listens on http and https whatever its launch profile's port, as soon as the profile has a URL at all
    private static void ForPublishing(ProjectResource project, LaunchProfile? profile)
    {
        var listens = profile?.Urls.Any() == true;
        if (listens)
        {
            project.Annotations.Add(new EndpointAnnotation("http", "http"));
            project.Annotations.Add(new EndpointAnnotation("https", "https"));
        }

        project.Annotations.Add(new EnvironmentAnnotation((variables, _) =>
        {
            variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
            if (!listens)
                return;
            variables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            // https stays out: TLS usually ends in front of the container
            variables["HTTP_PORTS"] = new EndpointReference(project, "http").Expression("targetPort");
        }));
    }

    private static void ForRunning(IResourceBuilder<ProjectResource> builder, LaunchProfile? profile)
    {
        // https needs a certificate that only the real Aspire manages; a profile that offers both is served by its http address
        var project = builder.Resource;
        if (profile?.Urls.FirstOrDefault(url => url.Scheme == "http") is { } url)
            project.Annotations.Add(new EndpointAnnotation("http", "http") { Port = url.Port });
        project.Annotations.Add(new EnvironmentAnnotation((variables, replica) =>
        {
            AddTelemetry(variables, builder.ApplicationBuilder, replica!);
            variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
            variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
            foreach (var endpoint in project.Annotations.OfType<EndpointAnnotation>())
                variables["ASPNETCORE_URLS"] = $"http://localhost:{replica!.Port(endpoint.Name)}";
            if (profile is null)
                return;
            variables["DOTNET_LAUNCH_PROFILE"] = profile.Name;
            foreach (var (name, value) in profile.Variables)
                variables.TryAdd(name, value);
        }));
    }

    private static void AddTelemetry(Dictionary<string, object> variables, IDistributedApplicationBuilder builder, ProjectInstance replica)
    {
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = builder.Configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? "http://localhost:18889";
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
        variables["OTEL_SERVICE_NAME"] = replica.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={replica.Suffix}";
        if (builder.Configuration["AppHost:OtlpApiKey"] is { } key)
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
        if (!builder.Environment.IsDevelopment())
            return;
        variables["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
        variables["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true";
        variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    }
}
