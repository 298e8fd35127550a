using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace TheBot.Tests.Support;

/// <summary>A client of a raw dialect, the seed's unless a subprotocol says otherwise, that keeps every frame it gets, in order.</summary>
public sealed class SeedSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly Channel<JsonObject> _frames = Channel.CreateUnbounded<JsonObject>();
    private readonly List<JsonObject> _seen = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>Every frame so far, as it came.</summary>
    public IReadOnlyList<JsonObject> Seen
    {
        get
        {
            lock (_seen) return [.. _seen];
        }
    }

    public static async Task<SeedSocket> ConnectAsync(Uri replica, string path, string? header = null, string? subprotocol = null)
    {
        var client = new SeedSocket();
        if (header is not null) client._socket.Options.SetRequestHeader("Authorization", header);
        if (subprotocol is not null) client._socket.Options.AddSubProtocol(subprotocol);
        await client._socket.ConnectAsync(new UriBuilder(new Uri(replica, path)) { Scheme = "ws" }.Uri, Deadline.Token());
        client._reading = client.ReadAsync();
        return client;
    }

    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    public Task SendTextAsync(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Deadline.Token());

    /// <summary>The next frame of a type (that fits), leaving out others before it.</summary>
    public async Task<JsonObject> NextAsync(string type, Func<JsonObject, bool>? fits = null)
    {
        var deadline = Deadline.Token();
        try
        {
            while (true)
            {
                var frame = await _frames.Reader.ReadAsync(deadline);
                if ((string?)frame["type"] == type && fits?.Invoke(frame) != false) return frame;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"no {type} frame; state {_socket.State}, close {_socket.CloseStatus}; seen: {string.Join(' ', Seen.Select(f => f["type"]))}", e);
        }
    }

    /// <summary>The next frame whatever it is; null = the server closed instead.</summary>
    public async Task<JsonObject?> FirstAsync() => await _frames.Reader.WaitToReadAsync(Deadline.Token()) ? await _frames.Reader.ReadAsync(Deadline.Token()) : null;

    /// <summary>The code with which the server closes.</summary>
    public async Task<int> CloseCodeAsync()
    {
        await _reading.WaitAsync(Deadline.Token());
        return (int?)_socket.CloseStatus ?? throw new InvalidOperationException("closed without a code");
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open)
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Deadline.Token());
            await _reading.WaitAsync(Deadline.Token());
        }

        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    if (_socket.State == WebSocketState.CloseReceived) await _socket.CloseOutputAsync(_socket.CloseStatus!.Value, null, Deadline.Token());
                    return;
                }

                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                var frame = JsonNode.Parse(message.ToArray())!.AsObject();
                message.SetLength(0);
                lock (_seen) _seen.Add(frame);
                _frames.Writer.TryWrite(frame);
            }
        }
        catch (WebSocketException)
        {
            // cut off: the frames so far are what there is
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }
}
