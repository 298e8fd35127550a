using TheBot.Client;
using TheBot.Contracts.V1;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos.Members;

/// <summary>Where on a message's way its connection is cut.</summary>
internal enum SendPoint
{
    BeforeSend,
    AfterSend,
    BeforeAck,
    AfterAck,
}

/// <summary>Connections of the C# client along a road, looked at frame by frame: tells of acknowledgements, and cuts at a point of a send.</summary>
internal sealed class WireTap(Road road, Action<string, long> acknowledged) : IChatTransport
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(3);

    private int _cutAt = -1;

    /// <summary>The next send that comes to this point takes its connection with it.</summary>
    public void CutAt(SendPoint point) => Volatile.Write(ref _cutAt, (int)point);

    public bool IsArmed => Volatile.Read(ref _cutAt) >= 0;

    public async Task<IChatConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswersWithin); // behind one address stand several replicas, and the one that does not answer is not waited for
        try
        {
            return new Tapped(this, await new WebSocketTransport(new Uri($"ws://127.0.0.1:{road.Port}{V1Protocol.Path}")).ConnectAsync(patience.Token));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChatConnectionException("no answer", cause: e);
        }
    }

    private void Tell(string clientId, long seq) => acknowledged(clientId, seq);

    private bool Take(SendPoint point) => Interlocked.CompareExchange(ref _cutAt, -1, (int)point) == (int)point;

    private ChatConnectionException Cut(SendPoint point)
    {
        road.Cut();
        return new ChatConnectionException($"cut: {point}");
    }

    private sealed class Tapped(WireTap tap, IChatConnection inner) : IChatConnection
    {
        public async ValueTask SendAsync(ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken)
        {
            var isSend = utf8.Span.StartsWith("{\"type\":\"send\""u8);
            if (isSend && tap.Take(SendPoint.BeforeSend)) throw tap.Cut(SendPoint.BeforeSend);
            await inner.SendAsync(utf8, cancellationToken);
            if (isSend && tap.Take(SendPoint.AfterSend)) throw tap.Cut(SendPoint.AfterSend);
        }

        public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
        {
            var message = await inner.ReceiveAsync(cancellationToken);
            if (!message.Span.StartsWith("{\"type\":\"ack\""u8)) return message;
            if (tap.Take(SendPoint.BeforeAck)) throw tap.Cut(SendPoint.BeforeAck);
            var ack = V1Frame.Parse(message.Span);
            if (ack is { Id: { } id, Seq: { } seq }) tap.Tell(id, seq);
            if (tap.Take(SendPoint.AfterAck)) _ = tap.Cut(SendPoint.AfterAck); // the client still hears of this one, and then nothing
            return message;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
