using System.Text.Json;
using LocalAspire.Testing;

namespace Aspire.Hosting;

public sealed class DistributedApplication : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EntryPointRun? _test;

    internal DistributedApplication(IHost host, EntryPointRun? test) => (_host, _test) = (host, test);

    public IServiceProvider Services => _host.Services;
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await PrepareAsync(cancellationToken);
        await _host.StartAsync(cancellationToken);
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    private async Task RunAsync()
    {
        try
        {
            if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
            {
                await PublishAsync(Services.GetRequiredService<IConfiguration>());
                return;
            }

            // the test starts and stops; the AppHost's own Run only stays where it is until then
            if (_test is not null)
            {
                await _test.Ended;
                return;
            }

            _ = ParentWatch.RunAsync(Services.GetRequiredService<IHostApplicationLifetime>());
            await PrepareAsync(CancellationToken.None);
            await _host.RunAsync();
        }
        catch (DistributedApplicationException failure)
        {
            // one line instead of a stack trace: the message says what to do
            await DisposeAsync();
            await Console.Error.WriteLineAsync($"error: {failure.Message}");
            Environment.Exit(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)_host).DisposeAsync();
        _test?.End();
    }

    // `--publisher manifest` writes the file instead of running the graph
    private async Task PublishAsync(IConfiguration configuration)
    {
        if (configuration["Publishing:Publisher"] is not (null or "manifest") and var publisher)
            throw new DistributedApplicationException($"The stand-in publishes the manifest only; '{publisher}' needs the real Aspire packages (AspireFrom=feed).");
        var path = Path.GetFullPath(configuration["Pipeline:OutputPath"] ?? "aspire-manifest.json");
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!).FullName;
        var manifest = ManifestWriter.Write(Services.GetRequiredService<DistributedApplicationModel>().Resources, folder);
        await File.WriteAllTextAsync(path, manifest.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        Console.WriteLine($"Published manifest to: {path}");
    }

    private Task PrepareAsync(CancellationToken cancellationToken) => Services.GetRequiredService<Orchestrator>().PrepareAsync(cancellationToken);
}

/// <summary>Something is wrong with the graph or its surroundings; the message is meant for the console as it is.</summary>
public class DistributedApplicationException(string message, Exception? innerException = null) : Exception(message, innerException);
