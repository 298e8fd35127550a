using Aspire.Hosting.ApplicationModel;
using LocalAspire.Running;
using LocalAspire.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EntryPointRun? _entryPoint;

    internal DistributedApplication(IHost host, EntryPointRun? entryPoint)
    {
        _host = host;
        _entryPoint = entryPoint;
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        try
        {
            return new DistributedApplicationBuilder(options);
        }
        catch (DistributedApplicationException failure) when (EntryPointRun.Current is null)
        {
            return EndWith<IDistributedApplicationBuilder>(failure);
        }
    }

    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await PrepareAsync(cancellationToken);
        await _host.StartAsync(cancellationToken);
    }

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        // under test the test starts and stops; the AppHost's own Run only stays where it is until then
        if (_entryPoint is not null)
        {
            await _entryPoint.Ended.WaitAsync(cancellationToken);
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
            await DisposeAsync();
            EndWith<object>(failure);
        }
    }

    private Task PrepareAsync(CancellationToken cancellationToken) => Services.GetService<Orchestrator>()?.PrepareAsync(cancellationToken) ?? Task.CompletedTask;

    // one line instead of a stack trace: the message says what to do
    private static T EndWith<T>(DistributedApplicationException failure)
    {
        Console.Error.WriteLine($"error: {failure.Message}");
        Environment.Exit(1);
        throw failure;
    }

    public virtual void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public virtual async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
        _entryPoint?.End();
        GC.SuppressFinalize(this);
    }
}
