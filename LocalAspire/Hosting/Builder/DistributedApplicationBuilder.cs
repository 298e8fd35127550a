using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LocalAspire.Publishing;
using LocalAspire.Running;
using LocalAspire.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    IHostEnvironment Environment { get; }
    IServiceCollection Services { get; }
    DistributedApplicationExecutionContext ExecutionContext { get; }
    IResourceCollection Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    DistributedApplication Build();
}

public sealed record DistributedApplicationExecutionContext(bool IsPublishMode)
{
    public bool IsRunMode => !IsPublishMode;
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationTestingBuilder
{
    // what the command line says, and the configuration key it stands for
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--output-path"] = "Pipeline:OutputPath",
    };

    private readonly HostApplicationBuilder _inner;

    public DistributedApplicationBuilder(string[] args)
    {
        Test = EntryPointRun.Current;
        Assembly = Test?.Assembly ?? Assembly.GetEntryAssembly()!;
        var folder = Metadata("AppHostProjectPath") ?? Directory.GetCurrentDirectory();
        var settings = new HostApplicationBuilderSettings { Args = args, ApplicationName = Assembly.GetName().Name, ContentRootPath = folder, Configuration = new ConfigurationManager() };
        if (Test is null)
            settings.Configuration.AddEnvironmentVariables("ASPIRE_");
        else
            settings.Configuration.AddInMemoryCollection(EntryPointRun.LaunchVariables(folder));
        _inner = new HostApplicationBuilder(settings);

        var projectName = Metadata("AppHostProjectName") ?? Environment.ApplicationName;
        var path = Path.GetFullPath(Path.Join(folder, projectName));
        // a test must neither read a developer's secrets nor leave its own behind
        if (Test is null)
        {
            Secrets = new SecretStore(Metadata("AppHostUserSecretsId") is { Length: > 0 } id ? id : $"LocalAspire-{Hash(path)[..10]}");
            Configuration.AddInMemoryCollection(Secrets.Read());
        }

        Configuration.AddEnvironmentVariables().AddCommandLine(args, Switches);
        ExecutionContext = new(IsPublishing());
        // names data volumes: where the AppHost lies when it runs, what it is called in a manifest
        Configuration["AppHost:Sha256"] = Hash(ExecutionContext.IsPublishMode ? projectName : path.ToLowerInvariant());
        if (ExecutionContext.IsRunMode && Secrets is not null)
            Configuration["AppHost:OtlpApiKey"] ??= Secrets.GetOrAdd("AppHost:OtlpApiKey", RandomNumberGenerator.GetHexString(32, lowercase: true));
        AddServices();
    }

    public ConfigurationManager Configuration => _inner.Configuration;
    public IHostEnvironment Environment => _inner.Environment;
    public IServiceCollection Services => _inner.Services;
    public DistributedApplicationExecutionContext ExecutionContext { get; }
    public IResourceCollection Resources { get; } = new ResourceCollection();
    public Assembly Assembly { get; }
    public SecretStore? Secrets { get; }

    /// <summary>The test that runs this AppHost, if one does.</summary>
    public EntryPointRun? Test { get; }

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        Test?.OfferBuilder(this);
        var application = new DistributedApplication(_inner.Build(), Test);
        Test?.OfferApplication(application);
        return application;
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken) => Test!.BuildAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Test!.DisposeAsync();
    }

    /// <summary>What the AppHost's build wrote down.</summary>
    public string? Metadata(string key) => Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(item => item.Key == key)?.Value;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private bool IsPublishing()
    {
        var publisher = Configuration["Publishing:Publisher"];
        return (Configuration["AppHost:Operation"] ?? (publisher is null ? "run" : "publish")) switch
        {
            "run" => false,
            "publish" when publisher is null or "manifest" => true,
            "publish" => throw new DistributedApplicationException($"The stand-in publishes the manifest only; '{publisher}' needs the real Aspire packages (AspireFrom=feed)."),
            var other => throw new DistributedApplicationException($"'{other}' is no operation; there are run and publish."),
        };
    }

    private void AddServices()
    {
        _inner.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning).AddFilter("System.Net.Http.HttpClient", LogLevel.Warning).AddFilter("Yarp", LogLevel.None);
        Services.AddSingleton(this).AddSingleton<IDistributedApplicationBuilder>(this).AddSingleton(ExecutionContext).AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton<ResourceNotificationService>().AddSingleton<ResourceLoggerService>().AddSingleton<ResourceCommandService>().AddHttpClient();
        if (ExecutionContext.IsPublishMode)
        {
            Services.AddHostedService<ManifestPublisher>();
            return;
        }

        DashboardLoader.Load(this, isTest: Test is not null);
        Services.AddSingleton<RunFolders>().AddSingleton<ConsoleOutput>().AddSingleton<Orchestrator>().AddHostedService(services => services.GetRequiredService<Orchestrator>());
    }
}
