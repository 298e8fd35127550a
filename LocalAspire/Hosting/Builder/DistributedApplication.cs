using Aspire.Hosting.ApplicationModel;
using LocalAspire.Running;
using LocalAspire.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public sealed class DistributedApplication : IHost, IAsyncDisposable
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

    public Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        // the test starts and stops; the AppHost's own Run only stays where it is until then
        if (_test is not null)
        {
            await _test.Ended.WaitAsync(cancellationToken);
            return;
        }

        using var parent = ParentWatch.Start(Services.GetRequiredService<IHostApplicationLifetime>());
        try
        {
            await PrepareAsync(cancellationToken);
            await _host.RunAsync(cancellationToken);
        }
        catch (DistributedApplicationException failure)
        {
            // one line instead of a stack trace: the message says what to do
            await DisposeAsync();
            await Console.Error.WriteLineAsync($"error: {failure.Message}");
            Environment.Exit(1);
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)_host).DisposeAsync();
        _test?.End();
    }

    private Task PrepareAsync(CancellationToken cancellationToken) => Services.GetService<Orchestrator>()?.PrepareAsync(cancellationToken) ?? Task.CompletedTask;
}

/// <summary>Something is wrong with the graph or its surroundings; the message is meant for the console as it is.</summary>
public class DistributedApplicationException(string message, Exception? innerException = null) : Exception(message, innerException);
