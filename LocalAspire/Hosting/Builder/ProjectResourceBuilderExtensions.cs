using Aspire.Hosting.ApplicationModel;
using LocalAspire.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public class ProjectResourceOptions
{
    public string? LaunchProfileName { get; set; }

    public bool ExcludeLaunchProfile { get; set; }
}

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name) where TProject : IProjectMetadata, new() =>
        builder.Add(name, new TProject(), new ProjectResourceOptions());

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() =>
        builder.Add(name, new TProject(), new ProjectResourceOptions { LaunchProfileName = launchProfileName, ExcludeLaunchProfile = launchProfileName is null });

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => builder.Add(name, new TProject(), Configured(configure));

    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.Add(name, new ProjectAt(Path.GetFullPath(projectPath, builder.AppHostDirectory)), new ProjectResourceOptions());

    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath, Action<ProjectResourceOptions> configure) =>
        builder.Add(name, new ProjectAt(Path.GetFullPath(projectPath, builder.AppHostDirectory)), Configured(configure));

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
        builder.WithAnnotation(new ReplicaAnnotation(replicas));

    private static ProjectResourceOptions Configured(Action<ProjectResourceOptions> configure)
    {
        var options = new ProjectResourceOptions();
        configure(options);
        return options;
    }

    private static IResourceBuilder<ProjectResource> Add(this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, ProjectResourceOptions options)
    {
        var profile = options.ExcludeLaunchProfile
            ? null
            : LaunchProfile.Find(metadata.ProjectPath, options.LaunchProfileName, builder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.Configuration["DOTNET_LAUNCH_PROFILE"]);
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation(metadata).WithAnnotation(new LaunchProfileNameAnnotation(profile?.Name));
        return builder.ExecutionContext.IsPublishMode ? project.ForPublishing(profile) : project.ForRunning(profile);
    }

    // a published project listens on http and https whatever its launch profile's port, as soon as the profile has a URL at all
    private static IResourceBuilder<ProjectResource> ForPublishing(this IResourceBuilder<ProjectResource> project, LaunchProfile? profile)
    {
        project.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        project.WithEnvironment(context =>
        {
            if (project.Resource.GetEndpoints().Any())
                context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
        });
        EndpointAnnotation? defaultHttps = null;
        project.WithEnvironment(context =>
        {
            foreach (var (variable, scheme) in new[] { ("HTTP_PORTS", "http"), ("HTTPS_PORTS", "https") })
            {
                // the default https endpoint stays out: TLS usually ends in front of the container
                var endpoints = project.Resource.GetEndpoints().Where(item => item.Scheme == scheme && item.EndpointAnnotation != defaultHttps).ToArray();
                if (endpoints is [var single])
                    context.EnvironmentVariables.TryAdd(variable, ReferenceExpression.Create($"{single.Property(EndpointProperty.TargetPort)}"));
                else if (endpoints.Length > 1)
                    context.EnvironmentVariables.TryAdd(variable, string.Join(';', endpoints.Select(item => item.Property(EndpointProperty.TargetPort).ValueExpression)));
            }
        });
        if (profile?.Urls is not { Length: > 0 })
            return project;
        return project.WithEndpoint("http", endpoint => endpoint.UriScheme = "http").WithEndpoint("https", endpoint =>
        {
            endpoint.UriScheme = "https";
            defaultHttps = endpoint;
        });
    }

    private static IResourceBuilder<ProjectResource> ForRunning(this IResourceBuilder<ProjectResource> project, LaunchProfile? profile)
    {
        // https needs a certificate that only the real Aspire manages; a profile that offers both is served by its http address
        foreach (var url in (profile?.Urls ?? []).Where(url => url.Scheme == "http"))
        {
            var sameScheme = project.Resource.Annotations.OfType<EndpointAnnotation>().Count(item => item.UriScheme == url.Scheme);
            project.WithEndpoint(sameScheme == 0 ? url.Scheme : $"{url.Scheme}{sameScheme + 1}", endpoint =>
            {
                endpoint.UriScheme = url.Scheme;
                endpoint.Port = url.Port;
            });
        }

        var configuration = project.ApplicationBuilder.Configuration;
        var isDevelopment = project.ApplicationBuilder.Environment.IsDevelopment();
        return project.WithEnvironment(context =>
        {
            var variables = context.EnvironmentVariables;
            AddTelemetry(variables, configuration, isDevelopment);
            variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
            variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
            var urls = project.Resource.GetEndpoints().Where(item => item.IsHttp).Select(item => $"http://{item.EndpointAnnotation.TargetHost}:{EndpointReferenceExpression.ReplicaPort(item.EndpointName)}");
            if (string.Join(';', urls) is { Length: > 0 } joined)
                variables.TryAdd("ASPNETCORE_URLS", joined);
            if (profile is null)
                return;
            variables.TryAdd("DOTNET_LAUNCH_PROFILE", profile.Name);
            foreach (var (name, value) in profile.EnvironmentVariables)
                variables.TryAdd(name, Environment.ExpandEnvironmentVariables(value));
        });
    }

    private static void AddTelemetry(Dictionary<string, object> variables, IConfiguration configuration, bool isDevelopment)
    {
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? "http://localhost:18889";
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
        variables["OTEL_SERVICE_NAME"] = ProjectInstance.ServiceNameMark;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={ProjectInstance.InstanceIdMark}";
        if (configuration["AppHost:OtlpApiKey"] is { } key)
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
        if (!isDevelopment)
            return;
        variables["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
        variables["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true";
        variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    }

    private sealed record ProjectAt(string ProjectPath) : IProjectMetadata;
}
