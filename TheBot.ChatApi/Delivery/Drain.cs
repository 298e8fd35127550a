using TheBot.Contracts;

namespace TheBot.ChatApi.Delivery;

/// <summary>A replica that stops tells everybody to come back elsewhere, before the server waits for its connections to end.</summary>
internal sealed class Drain(Feeds feeds, IHostApplicationLifetime lifetime) : IHostedService
{
    private CancellationTokenRegistration _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _stopping = lifetime.ApplicationStopping.Register(() =>
        {
            foreach (var connection in feeds.Connections) connection.Close(CloseCode.Restart, "restarting, come back");
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _stopping.DisposeAsync().AsTask();
}
