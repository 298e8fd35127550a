using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace TheBot.Tests.Fuzzing;

/// <summary>A WebSocket client that writes whatever bytes it is told to, right or wrong, and reads what the server says to that.</summary>
internal sealed class RudeSocket : IAsyncDisposable
{
    private const byte Final = 0x80;
    private const byte Masked = 0x80;

    private readonly TcpClient _tcp = new() { NoDelay = true };
    private readonly List<string> _heard = [];
    private NetworkStream _stream = null!;
    private Task _reading = Task.CompletedTask;

    /// <summary>Every text message so far.</summary>
    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (_heard) return [.. _heard];
        }
    }

    /// <summary>The code of the server's close; null while there was none, or where the connection broke without one.</summary>
    public int? CloseCode { get; private set; }

    /// <summary>The connection is over.</summary>
    public bool IsOver => _reading.IsCompleted;

    public static async Task<RudeSocket> ConnectAsync(Uri server, string path, string? subprotocol = null)
    {
        var socket = new RudeSocket();
        await socket._tcp.ConnectAsync(server.Host, server.Port, Deadline.Token());
        socket._stream = socket._tcp.GetStream();
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var protocol = subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n";
        await socket.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{protocol}\r\n"));
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await socket._stream.ReadExactlyAsync(one, Deadline.Token());
            answer.Append((char)one[0]);
        }

        if (!answer.ToString().StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) throw new InvalidOperationException($"refused: {answer}");
        socket._reading = socket.ReadAsync();
        return socket;
    }

    /// <summary>One frame, as RFC 6455 has it, masked with zeros.</summary>
    /// <param name="opcode">0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; others are not allowed.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="isFinal">False = the message goes on.</param>
    /// <param name="flags">More bits of the first byte (reserved ones).</param>
    /// <param name="isMasked">A client's frames have to be.</param>
    public static byte[] Frame(int opcode, ReadOnlySpan<byte> payload, bool isFinal = true, int flags = 0, bool isMasked = true)
    {
        var head = new List<byte> { (byte)((isFinal ? Final : 0) | flags | opcode) };
        var mask = isMasked ? Masked : (byte)0;
        Span<byte> length = stackalloc byte[8];
        switch (payload.Length)
        {
            case < 126:
                head.Add((byte)(mask | payload.Length));
                break;
            case <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
                head.AddRange([(byte)(mask | 126), .. length[..2]]);
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
                head.AddRange([(byte)(mask | 127), .. length]);
                break;
        }

        if (isMasked) head.AddRange([0, 0, 0, 0]);
        return [.. head, .. payload];
    }

    /// <summary>Whatever these bytes are. Writing to a server that has hung up is no failure of the one who writes.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, Deadline.Token());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // what it said before that is being read
        }
    }

    /// <summary>Until a message fits, or the connection is over; whether one did.</summary>
    public Task<bool> HearsAsync(string part) => Deadline.UntilAsync(
        () => Task.FromResult(Heard.Any(text => text.Contains(part, StringComparison.Ordinal)) ? true : IsOver ? false : (bool?)null), known => known is not null, part)
        .ContinueWith(static known => known.Result!.Value, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        using var stream = new BufferedStream(_stream, 64 * 1024);
        var message = new MemoryStream();
        var head = new byte[2];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(head);
                var length = head[1] switch { 126 => await NumberAsync(stream, 2), 127 => await NumberAsync(stream, 8), var small => small };
                var payload = new byte[length];
                await stream.ReadExactlyAsync(payload);
                switch (head[0] & 0x0f)
                {
                    case 8:
                        CloseCode = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005;
                        await WriteAsync(Frame(8, payload.AsSpan(0, Math.Min(payload.Length, 2))));
                        return;
                    case 0 or 1 or 2:
                        message.Write(payload);
                        if ((head[0] & Final) == 0) break;
                        lock (_heard) _heard.Add(Encoding.UTF8.GetString(message.ToArray()));
                        message.SetLength(0);
                        break;
                    default:
                        break; // ping and pong
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // cut
        }
        finally
        {
            _tcp.Dispose();
        }
    }

    private static async Task<int> NumberAsync(Stream stream, int bytes)
    {
        var number = new byte[8];
        await stream.ReadExactlyAsync(number.AsMemory(8 - bytes));
        return (int)BinaryPrimitives.ReadInt64BigEndian(number);
    }
}
