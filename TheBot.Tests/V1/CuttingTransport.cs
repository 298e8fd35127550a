using TheBot.Client;
using TheBot.Contracts.V1;

namespace TheBot.Tests.V1;

/// <summary>Connections to several replicas in turn, which the test can cut.</summary>
internal sealed class CuttingTransport(params Uri[] replicas) : IChatTransport
{
    private CutConnection? _open;

    /// <summary>Connections that were made so far.</summary>
    public int Made { get; private set; }

    public void Cut() => Volatile.Read(ref _open)?.Cut();

    public async Task<IChatConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var address = new UriBuilder(new Uri(replicas[Made++ % replicas.Length], V1Protocol.Path)) { Scheme = "ws" }.Uri;
        var open = new CutConnection(await new WebSocketTransport(address).ConnectAsync(cancellationToken));
        Volatile.Write(ref _open, open);
        return open;
    }

    private sealed class CutConnection(IChatConnection inner) : IChatConnection
    {
        private readonly CancellationTokenSource _cut = new();

        public void Cut() => _cut.Cancel();

        public ValueTask SendAsync(ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken) =>
            _cut.IsCancellationRequested ? throw new ChatConnectionException("cut") : inner.SendAsync(utf8, cancellationToken);

        public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token);
            try
            {
                return await inner.ReceiveAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ChatConnectionException("cut");
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
