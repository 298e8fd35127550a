using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
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

    string AppHostDirectory { get; }

    Assembly? AppHostAssembly { get; }

    IHostEnvironment Environment { get; }

    IServiceCollection Services { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IDistributedApplicationEventing Eventing { get; }

    IResourceCollection Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    DistributedApplication Build();
}

public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    // what the command line says, and the configuration key it stands for
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--output-path"] = "Pipeline:OutputPath",
        ["--step"] = "Pipeline:Step",
    };

    private readonly HostApplicationBuilder _inner;
    private readonly EntryPointRun? _entryPoint;

    public DistributedApplicationBuilder(string[] args) : this(new DistributedApplicationOptions { Args = args })
    {
    }

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _entryPoint = EntryPointRun.Current;
        var settings = new HostApplicationBuilderSettings { Args = options.Args };
        if (_entryPoint is not null)
        {
            _entryPoint.Configure(options, settings);
        }
        else
        {
            settings.Configuration = new ConfigurationManager();
            settings.Configuration.AddEnvironmentVariables("ASPIRE_");
        }

        AppHostAssembly = options.Assembly;
        AppHostDirectory = options.ProjectDirectory ?? DistributedApplicationOptions.Metadata(AppHostAssembly, "AppHostProjectPath") ?? Directory.GetCurrentDirectory();
        settings.ContentRootPath ??= AppHostDirectory;
        _inner = new HostApplicationBuilder(settings);

        var projectName = DistributedApplicationOptions.Metadata(AppHostAssembly, "AppHostProjectName") ?? Environment.ApplicationName;
        AppHostPath = Path.GetFullPath(Path.Join(AppHostDirectory, projectName));
        IsTest = _entryPoint is not null;

        // a test must neither read a developer's secrets nor leave its own behind
        if (!IsTest)
            Secrets = SecretStore.Open(DistributedApplicationOptions.Metadata(AppHostAssembly, "AppHostUserSecretsId"), AppHostPath);
        if (Secrets is not null)
            Configuration.AddInMemoryCollection(Secrets.Read());
        Configuration.AddEnvironmentVariables();
        Configuration.AddCommandLine(options.Args ?? [], Switches);

        ExecutionContext = ReadOperation();
        Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AppHost:Directory"] = AppHostDirectory,
            ["AppHost:Path"] = AppHostPath,
            ["AppHost:Sha256"] = Hash(ExecutionContext.IsPublishMode ? projectName : AppHostPath.ToLowerInvariant()),
        });
        if (Secrets is not null && ExecutionContext.IsRunMode && Configuration["AppHost:OtlpApiKey"] is null)
            Configuration["AppHost:OtlpApiKey"] = Secrets.GetOrAdd("AppHost:OtlpApiKey", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));

        AddServices(options);
    }

    public ConfigurationManager Configuration => _inner.Configuration;

    public IHostEnvironment Environment => _inner.Environment;

    public IServiceCollection Services => _inner.Services;

    public string AppHostDirectory { get; }

    public string AppHostPath { get; }

    public Assembly? AppHostAssembly { get; }

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal SecretStore? Secrets { get; }

    internal bool IsTest { get; }

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _entryPoint?.OfferBuilder(this);
        var application = new DistributedApplication(_inner.Build(), _entryPoint);
        ExecutionContext.Services = application.Services;
        _entryPoint?.OfferApplication(application);
        return application;
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private DistributedApplicationExecutionContext ReadOperation()
    {
        var publisher = Configuration["Publishing:Publisher"];
        var operation = Configuration["AppHost:Operation"]?.ToLowerInvariant() ?? (publisher is null ? "run" : "publish");
        return operation switch
        {
            "run" => new(DistributedApplicationOperation.Run, ""),
            "publish" when publisher is null or "manifest" => new(DistributedApplicationOperation.Publish, "manifest"),
            "publish" => throw new DistributedApplicationException($"The stand-in publishes the manifest only; '{publisher}' needs the real Aspire packages (AspireFrom=feed)."),
            _ => throw new DistributedApplicationException($"'{operation}' is no operation; there are run and publish."),
        };
    }

    private void AddServices(DistributedApplicationOptions options)
    {
        _inner.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        _inner.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _inner.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        _inner.Logging.AddFilter("Yarp", LogLevel.None);
        Services.AddSingleton(options);
        Services.AddSingleton<IDistributedApplicationBuilder>(this);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.Configure<ResourceNotificationServiceOptions>(item => item.DefaultWaitBehavior = WaitBehavior.StopOnResourceUnavailable);
        Services.AddSingleton(services => new ResourceNotificationService(services));
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton(services => new ResourceCommandService(services));
        Services.AddHealthChecks();
        Services.AddHttpClient();
        if (ExecutionContext.IsPublishMode)
        {
            Services.AddHostedService<ManifestPublisher>();
            return;
        }

        DashboardLoader.Load(this, IsTest);
        Services.AddSingleton(services => RunFolders.Create(this, services.GetRequiredService<ILoggerFactory>()));
        Services.AddSingleton<ConsoleOutput>();
        Services.AddSingleton<Orchestrator>();
        Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
    }
}
