using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using TheBot.Bench.Load.Wires;

namespace TheBot.Bench.Load;

/// <summary>One connection of a run: sends tagged messages, and keeps what it hears, in order, with the time it took.</summary>
/// <remarks>It reads one frame after the other; a sender of a closed loop sends its next message when it has read its own.</remarks>
internal sealed class LoadClient(Seat seat, IWire wire, Tag tag, CancellationToken end) : IAsyncDisposable
{
    private const int TicksPerChunk = 4096;

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long[]> _sentAt = [];
    private Task _reading = Task.CompletedTask;
    private int _awaited = -1;

    public Seat Seat { get; } = seat;

    /// <summary>Keys (<see cref="Tag.Key"/>) of what was delivered, in the order of arrival.</summary>
    public List<long> Heard { get; } = [];

    /// <summary>When each of <see cref="Heard"/> came (<see cref="Stopwatch.GetTimestamp"/>).</summary>
    public List<long> HeardAt { get; } = [];

    /// <summary>Messages sent so far.</summary>
    public int Sent { get; private set; }

    public int Errors { get; private set; }

    /// <summary>The first thing that went wrong.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Set by a closed loop: whether the next message may be sent.</summary>
    public bool GoesOn { get; set; }

    public bool IsClosed { get; private set; }

    /// <summary>Opens the socket and waits until live events come.</summary>
    public async Task JoinAsync()
    {
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        if (wire.Subprotocol is { } subprotocol) _socket.Options.AddSubProtocol(subprotocol);
        await _socket.ConnectAsync(wire.Address(Seat), end);
        _reading = ReadAsync();
        foreach (var frame in wire.Greeting(Seat)) await WriteAsync(frame);
        await _joined.Task.WaitAsync(TimeSpan.FromSeconds(60), end);
    }

    public async Task SendAsync()
    {
        var number = Sent++;
        if (number / TicksPerChunk == _sentAt.Count) _sentAt.Add(new long[TicksPerChunk]);
        var frame = wire.Send(Seat, $"{tag.Run}.{number}", tag.Text(Seat.Sender, number));
        _awaited = number;
        _sentAt[number / TicksPerChunk][number % TicksPerChunk] = Stopwatch.GetTimestamp();
        await WriteAsync(frame);
    }

    /// <summary>When message <paramref name="number"/> was sent.</summary>
    public long SentAt(int number) => _sentAt[number / TicksPerChunk][number % TicksPerChunk];

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task WriteAsync(byte[] frame)
    {
        await _sending.WaitAsync(end);
        try
        {
            await _socket.SendAsync(frame.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, end);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            Complain($"send: {e.Message}");
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[2048];
        var filled = 0;
        try
        {
            while (true)
            {
                if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var got = await _socket.ReceiveAsync(buffer.AsMemory(filled), end);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    Complain($"closed by the server: {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}");
                    return;
                }

                filled += got.Count;
                if (!got.EndOfMessage) continue;
                var echoed = Hear(buffer.AsSpan(0, filled));
                filled = 0;
                if (echoed && GoesOn) await SendAsync();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            if (!end.IsCancellationRequested) Complain(e.Message);
        }
    }

    /// <returns>Whether the message that a closed loop waits for was among it.</returns>
    private bool Hear(ReadOnlySpan<byte> message)
    {
        var now = Stopwatch.GetTimestamp();
        var echoed = false;
        while (message.Length > 0)
        {
            var length = wire.RecordEnd(message);
            var frame = message[..length];
            message = message[Math.Min(length + 1, message.Length)..];
            if (wire.IsDelivery(frame) && tag.Find(frame) is { } key)
            {
                Heard.Add(key);
                HeardAt.Add(now);
                echoed |= key == Tag.Key(Seat.Sender, _awaited);
            }
            else if (!_joined.Task.IsCompleted && wire.IsJoined(frame))
            {
                _joined.SetResult();
            }
            else if (wire.IsError(frame))
            {
                Errors++;
                Complaint ??= Encoding.UTF8.GetString(frame);
            }
        }

        return echoed;
    }

    private void Complain(string what)
    {
        IsClosed = true;
        Complaint ??= what;
        _joined.TrySetException(new IOException($"user {Seat.User}, room {Seat.Room}: {what}"));
    }
}
