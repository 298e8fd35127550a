using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Client;

/// <summary>One client as <see cref="FakeServer"/> sees it.</summary>
internal sealed class Peer
{
    private readonly WebSocket _socket;
    private readonly HttpContext _context;
    private readonly Channel<object> _outgoing = Channel.CreateUnbounded<object>();
    private readonly Task _writing;

    public Peer(WebSocket socket, HttpContext context)
    {
        (_socket, _context) = (socket, context);
        _writing = WriteAsync();
    }

    /// <summary>The rooms it follows.</summary>
    public HashSet<long> Rooms { get; } = [];

    /// <summary>Ends with the close that the client sent, or null where it was cut off.</summary>
    public WebSocketCloseStatus? Closed => _socket.CloseStatus;

    public void Post<T>(V1Frame<T> frame, JsonTypeInfo<V1Frame<T>> type) => _outgoing.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(frame, type));

    public void Acknowledge(ChatMessage message) => Post(
        new V1Frame<V1Message> { Type = V1Type.Ack, Id = message.ClientId, Room = message.Room, Seq = message.Seq, Data = new(message) }, V1Json.Wire.Message);

    public void Refuse(V1Frame frame, string code, double? retryAfter = null) => Post(
        new V1Frame<V1Error> { Type = V1Type.Error, Id = frame.Id, Room = frame.Room, Data = new(code, "as the test wants", null, retryAfter) }, V1Json.Wire.Error);

    public void Close(int code, string reason) => _outgoing.Writer.TryWrite((code, reason));

    public void Abort() => _context.Abort();

    public async Task<V1Frame?> ReceiveAsync()
    {
        var buffer = new byte[ChatLimits.FrameMaxBytes];
        var filled = 0;
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveAsync(buffer.AsMemory(filled), _context.RequestAborted);
                if (got.MessageType == WebSocketMessageType.Close) return null;
                filled += got.Count;
                if (got.EndOfMessage) return V1Frame.Parse(buffer.AsSpan(0, filled));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            return null; // cut
        }
    }

    public async Task EndAsync()
    {
        _outgoing.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var next in _outgoing.Reader.ReadAllAsync())
            {
                if (next is byte[] frame) await _socket.SendAsync(frame, WebSocketMessageType.Text, true, _context.RequestAborted);
                else if (next is (int code, string reason)) await _socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, _context.RequestAborted);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            _outgoing.Writer.TryComplete(); // cut
        }
    }
}
