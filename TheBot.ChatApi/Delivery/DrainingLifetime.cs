using System.Runtime.InteropServices;

namespace TheBot.ChatApi.Delivery;

/// <summary>Asked to stop by a signal (SIGTERM, SIGINT, SIGQUIT), the replica drains first and stops then. A second signal cuts the draining short.</summary>
/// <remarks>
/// The host's own lifetime tells everybody at once that it is stopping, whereupon SignalR drops its connections without a word. So the draining
/// stands before that moment. After it the host stops its services, the message writer among them, which answers what it has taken in.
/// </remarks>
internal sealed class DrainingLifetime(IServiceProvider services, IHostApplicationLifetime host) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _asked;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }) _signals.Add(PosixSignalRegistration.Create(signal, Asked));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _hurry.Dispose();
    }

    private void Asked(PosixSignalContext signal)
    {
        signal.Cancel = true; // the process ends by itself
        if (Interlocked.Exchange(ref _asked, 1) == 0) _ = LeaveAsync();
        else _hurry.Cancel();
    }

    private async Task LeaveAsync()
    {
        try
        {
            // looked up now: the lifetime is made together with the host, also where the host is never to run and knows no database
            await services.GetRequiredService<Drain>().RunAsync(_hurry.Token).ConfigureAwait(false);
        }
        finally
        {
            host.StopApplication();
        }
    }
}
