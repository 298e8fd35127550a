using System.Buffers;
using System.Diagnostics;
using System.Net.WebSockets;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>A raw WebSocket: frames out through the queue, messages in one after the other.</summary>
internal abstract class RawConnection(WebSocket socket, HttpContext context, Identity who, IDialect dialect, SocketServices services)
    : LiveConnection(who, dialect, services.Options.Value, services.Time, services.Logger)
{
    private const int WriteChunk = 64 * 1024;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    protected SocketServices House { get; } = services;

    private readonly SharedWriteStream _stream = SharedUpgrade.StreamOf(context);

    public override OutFrame TooSlow { get; } = new CloseFrame(CloseCode.Slow, "too slow, come back");

    public override void Close(int code, string reason) => Queue.EnqueueLast(new CloseFrame(code, reason));

    public override void Abort() => context.Abort();

    public override void Broken(Exception exception)
    {
        DeliveryLog.WriteFailed(Logger, UserId, exception);
        Abort();
    }

    public override async ValueTask WriteAsync(IReadOnlyList<OutFrame> frames)
    {
        if (frames is [RawFrame only])
        {
            await _stream.WriteAsync(only.Bytes, Queue).ConfigureAwait(false);
            return;
        }

        var chunk = ArrayPool<byte>.Shared.Rent(WriteChunk);
        try
        {
            var filled = 0;
            for (var i = 0; i < frames.Count; i++) // foreach would allocate, once a write
            {
                if (frames[i] is not RawFrame { Bytes: var bytes }) continue;
                if (filled + bytes.Length > chunk.Length)
                {
                    await _stream.WriteAsync(chunk.AsMemory(0, filled), Queue).ConfigureAwait(false);
                    filled = 0;
                }

                if (bytes.Length > chunk.Length)
                {
                    await _stream.WriteAsync(bytes, Queue).ConfigureAwait(false);
                    continue;
                }

                bytes.CopyTo(chunk, filled);
                filled += bytes.Length;
            }

            if (filled > 0) await _stream.WriteAsync(chunk.AsMemory(0, filled), Queue).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        if (frames[^1] is CloseFrame close) await CloseOutputAsync(close).ConfigureAwait(false);
    }

    /// <summary>Reads messages until the connection ends, whoever ends it.</summary>
    protected async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        // the request lasts as long as the socket: what a frame begins is a trace of its own
        Activity.Current = null;
        using var message = new InboundMessage();
        var isTooBig = false;
        try
        {
            while (await ReceiveMessageAsync(socket, message, cancellationToken).ConfigureAwait(false) is { } received)
            {
                switch (received)
                {
                    case var _ when isTooBig: break; // what is on the way is read and forgotten: a connection that ends with unread bytes takes the close with it
                    case Received.Text when IsLeaving: break; // nothing more is begun: whoever has no answer begins anew elsewhere
                    case Received.Text: OnMessage(message.Written); break;
                    case Received.Binary: break; // as the old system: left unread
                    case Received.TooBig:
                        Close(CloseCode.TooBig, $"over {ChatLimits.FrameMaxBytes} bytes");
                        isTooBig = true;
                        break;
                    default: throw new InvalidOperationException($"unknown {received}");
                }
            }

            // written before this returns, for then the queue is abandoned
            if (socket.State == WebSocketState.CloseReceived)
            {
                await Queue.WriteLastAsync(new CloseFrame((int)WebSocketCloseStatus.NormalClosure, "")).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // the client is gone, or said something that is no WebSocket: the framework has answered as RFC 6455 demands
            Queue.Abandon();
            await _stream.LingerAsync(CloseTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One text message; its memory is valid during the call.</summary>
    protected abstract void OnMessage(ReadOnlyMemory<byte> message);

    /// <summary>Reads one message. Null = the other side closed.</summary>
    internal static async Task<Received?> ReceiveMessageAsync(WebSocket socket, InboundMessage message, CancellationToken cancellationToken)
    {
        message.Clear();
        while (true)
        {
            // an empty read first: a connection that says nothing holds no buffer. It takes a close and an empty message, which come once.
            var got = message.Length == 0 ? await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false) : default;
            if (got is { MessageType: not WebSocketMessageType.Close, EndOfMessage: false })
            {
                got = await socket.ReceiveAsync(message.Space(), cancellationToken).ConfigureAwait(false);
            }

            if (got.MessageType == WebSocketMessageType.Close) return null;
            message.Advance(got.Count);
            if (message.Length > ChatLimits.FrameMaxBytes) return Received.TooBig;
            if (got.EndOfMessage) return got.MessageType == WebSocketMessageType.Text ? Received.Text : Received.Binary;
        }
    }

    private async Task CloseOutputAsync(CloseFrame close)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        try
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)close.Code, close.Reason, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // the framework was first, with its answer to what is no WebSocket: cutting the connection now would take that answer with it
        }

        if (socket.State == WebSocketState.Closed) return;

        // whoever does not answer the close is cut off; the receive loop ends either way
        var gone = context.RequestAborted;
        _ = Task.Delay(CloseTimeout, gone).ContinueWith(_ => Abort(), gone, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    internal enum Received
    {
        Text,
        Binary,
        TooBig,
    }
}
