using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>Connections over a WebSocket with the subprotocol <c>thebot.v1</c>.</summary>
/// <param name="address">ws or wss; usually ends in <see cref="V1Protocol.Path"/>.</param>
/// <param name="configure">Proxies, certificates, headers.</param>
public sealed class WebSocketTransport(Uri address, Action<ClientWebSocketOptions>? configure = null) : IChatTransport
{
    /// <inheritdoc/>
    public async Task<IChatConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(V1Protocol.Subprotocol);
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket.Options);
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return new Connection(socket);
        }
        catch (WebSocketException e)
        {
            var retryAfter = RetryAfterOf(socket);
            socket.Dispose();
            throw new ChatConnectionException(e.Message, retryAfter: retryAfter, cause: e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A server or proxy that refuses before the upgrade tells by a header when to come back.</summary>
    private static TimeSpan? RetryAfterOf(ClientWebSocket socket) =>
        socket.HttpResponseHeaders is { } headers && headers.TryGetValue("Retry-After", out var values)
        && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private sealed class Connection(ClientWebSocket socket) : IChatConnection
    {
        /// <summary>Far beyond the longest frame of an honest server (50 messages of full length).</summary>
        private const int MessageMaxBytes = 16 * 1024 * 1024;

        private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

        private readonly ArrayBufferWriter<byte> _message = new(16 * 1024);
        private Task _reading = Task.CompletedTask;

        /// <remarks>Cancelling ends the wait, as in <see cref="ReadAsync"/>.</remarks>
        public async ValueTask SendAsync(ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken)
        {
            try
            {
                var sending = socket.SendAsync(utf8, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                if (sending.IsCompleted) await sending.ConfigureAwait(false);
                else await sending.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or IOException)
            {
                throw Ended(e);
            }
        }

        public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
        {
            _message.ResetWrittenCount();
            try
            {
                while (true)
                {
                    var got = await ReadAsync(cancellationToken).ConfigureAwait(false);
                    if (got.MessageType == WebSocketMessageType.Close) throw Ended(null);
                    _message.Advance(got.Count);
                    if (_message.WrittenCount > MessageMaxBytes) throw new ChatConnectionException($"a message over {MessageMaxBytes} bytes");
                    if (got.EndOfMessage) return _message.WrittenMemory;
                }
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or IOException)
            {
                throw Ended(e);
            }
        }

        public async ValueTask DisposeAsync()
        {
            using var patience = new CancellationTokenSource(CloseWithin);
            try
            {
                if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token).ConfigureAwait(false);
                }

                await _reading.WaitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
            {
                socket.Abort(); // it is gone already
            }

            socket.Dispose();
        }

        /// <summary>Cancelling ends the wait, not the read: a socket whose read or write is cancelled is torn down, and could not say goodbye any more.</summary>
        private async ValueTask<ValueWebSocketReceiveResult> ReadAsync(CancellationToken cancellationToken)
        {
            var reading = socket.ReceiveAsync(_message.GetMemory(4096), CancellationToken.None);
            if (reading.IsCompleted) return await reading.ConfigureAwait(false);
            var pending = reading.AsTask();
            _reading = pending;
            return await pending.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        private ChatConnectionException Ended(Exception? cause) => new(
            socket.CloseStatusDescription is { Length: > 0 } reason ? reason : cause?.Message ?? "closed by the server", (int?)socket.CloseStatus, cause: cause);
    }
}
