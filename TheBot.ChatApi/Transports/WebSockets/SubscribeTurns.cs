using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>How many rooms this replica opens at the same time (<see cref="V1Options.SubscribesAtOnce"/>).</summary>
internal sealed class SubscribeTurns(IOptions<V1Options> options)
{
    private readonly SemaphoreSlim _turns = new(options.Value.SubscribesAtOnce);

    /// <summary>Waits for a turn; disposing gives it back.</summary>
    public async Task<IDisposable> WaitAsync()
    {
        await _turns.WaitAsync().ConfigureAwait(false);
        return new Turn(_turns);
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
