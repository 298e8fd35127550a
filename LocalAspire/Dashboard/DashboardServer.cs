using Aspire.Hosting.ApplicationModel;
using LocalAspire.Dashboard.Otlp;
using LocalAspire.Dashboard.Resources;
using LocalAspire.Dashboard.Web;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Dashboard;

/// <summary>Two small servers in the AppHost's process: one shows, one takes telemetry. They end with it, and nothing of theirs is on disk.</summary>
internal sealed partial class DashboardServer(
    DashboardOptions options,
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceCommandService commands,
    Action<string> tellOtlpUrl,
    ILogger log) : IHostedService, IAsyncDisposable
{
    private readonly TelemetryStore _telemetry = new();
    private readonly ResourceView _resources = new(model, notifications);
    private LocalServer? _otlp;
    private LocalServer? _pages;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _otlp = await LocalServer.StartAsync(options.OtlpPort, OtlpReceiver.Build(options.OtlpApiKey, _telemetry), cancellationToken);
        tellOtlpUrl(_otlp.Url);
        _pages = await LocalServer.StartAsync(options.PagesPort, Pages.Build(options, _resources, logs, commands, _telemetry), cancellationToken);
        _resources.Start();
        Login(log, $"{_pages.Url}/login?t={options.BrowserToken}");
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _resources.DisposeAsync();
        if (_pages is not null)
            await _pages.DisposeAsync();
        if (_otlp is not null)
            await _otlp.DisposeAsync();
        (_pages, _otlp) = (null, null);
    }

    [LoggerMessage(1, LogLevel.Information, "Login to the dashboard at {Url}")]
    private static partial void Login(ILogger log, string url);
}
