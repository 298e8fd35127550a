using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>A whole WebSocket text message as it goes over the wire, header included (RFC 6455, 5.2: final, unmasked).</summary>
internal sealed record RawFrame(byte[] Bytes, HintKey? Hint) : OutFrame(Bytes.Length, Hint)
{
    private const byte FinalText = 0x81;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>A frame of what <paramref name="write"/> writes.</summary>
    public static RawFrame Of<TState>(TState state, Action<Utf8JsonWriter, TState> write, HintKey? hint = null)
    {
        _buffer ??= new ArrayBufferWriter<byte>(4096);
        _buffer.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_buffer, WireJson.Writer);
        _json.Reset(_buffer);
        write(_json, state);
        _json.Flush();
        return new RawFrame(WithHeader(_buffer.WrittenSpan), hint);
    }

    private static byte[] WithHeader(ReadOnlySpan<byte> payload)
    {
        var header = payload.Length switch { < 126 => 2, <= ushort.MaxValue => 4, _ => 10 };
        var bytes = GC.AllocateUninitializedArray<byte>(header + payload.Length);
        bytes[0] = FinalText;
        switch (header)
        {
            case 2:
                bytes[1] = (byte)payload.Length;
                break;
            case 4:
                bytes[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)payload.Length);
                break;
            default:
                bytes[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), (ulong)payload.Length);
                break;
        }

        payload.CopyTo(bytes.AsSpan(header));
        return bytes;
    }
}

/// <summary>The end of a connection, in its place behind the frames before it.</summary>
internal sealed record CloseFrame(int Code, string Reason) : OutFrame(0, null);
