using Microsoft.Extensions.Options;
using TheBot.ChatApi.Delivery;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>Closes the connections before the server stops listening, spread over <see cref="V1Options.LeaveWithin"/>, so that the others are not run over.</summary>
internal sealed class SocketFarewell(Feeds feeds, IOptions<V1Options> options, TimeProvider time, ILogger<SocketFarewell> logger) : IHostedLifecycleService
{
    private const int Steps = 20;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var leaving = feeds.Connections.ToList();
        if (leaving.Count == 0) return;
        SocketLog.Leaving(logger, leaving.Count);
        foreach (var group in leaving.Chunk((leaving.Count + Steps - 1) / Steps))
        {
            // who goes first comes back first; a little chance on top spreads those of one group
            foreach (var connection in group) connection.GoAway(TimeSpan.FromSeconds(Random.Shared.NextDouble()));
            await Task.Delay(options.Value.LeaveWithin / Steps, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var late in feeds.Connections) late.GoAway(TimeSpan.Zero);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
