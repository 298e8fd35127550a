using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace TheBot.Migrator.Commands.Import;

/// <summary>Hands the bytes of one COPY to another without looking at the values: nothing is decoded, and no more than a buffer is held.</summary>
internal static class CopyRelay
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Relays everything and ends both; says how many rows there were. A failure leaves nothing behind at the other end.</summary>
    public static async Task<long> RunAsync(NpgsqlRawCopyStream from, NpgsqlRawCopyStream to, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var counter = new CopyRowCounter();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                counter.Read(buffer.AsSpan(0, read));
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                progress?.Report(counter.Rows);
            }
        }
        catch
        {
            // ending it without this would keep what has come so far
            await to.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await to.DisposeAsync().ConfigureAwait(false);
        return counter.Rows;
    }
}

/// <summary>Counts the rows that go by in Postgres' binary COPY format, in pieces cut anywhere.</summary>
/// <remarks>A header of 11 + 4 bytes and an extension, whose length are the last four; then a row after the other: how many values (two bytes; -1 = the end),
/// and before each value its length (four bytes; -1 = null).</remarks>
internal sealed class CopyRowCounter
{
    private const int SignatureAndFlags = 15;

    /// <summary>A number that a piece's end may cut in two.</summary>
    private int _number;

    private int _bytesOfNumber;

    private State _state = State.Signature;
    private long _skip = SignatureAndFlags;
    private int _valuesLeft;

    private enum State
    {
        Signature,
        ExtensionLength,
        Extension,
        RowStart,
        ValueLength,
        Value,
        End,
    }

    /// <summary>Rows that have begun so far.</summary>
    public long Rows { get; private set; }

    public void Read(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && _state != State.End)
        {
            switch (_state)
            {
                case State.Signature or State.Extension or State.Value:
                    var skipped = (int)Math.Min(_skip, piece.Length);
                    piece = piece[skipped..];
                    _skip -= skipped;
                    break;
                default:
                    piece = ReadNumber(piece, _state == State.RowStart ? sizeof(short) : sizeof(int));
                    break;
            }

            if (_skip == 0 && _bytesOfNumber == 0) Advance();
        }
    }

    /// <summary>Takes what is there of a number; it is whole when <see cref="_bytesOfNumber"/> is 0 again.</summary>
    private ReadOnlySpan<byte> ReadNumber(ReadOnlySpan<byte> piece, int size)
    {
        if (_bytesOfNumber == 0 && piece.Length >= size)
        {
            _number = size == sizeof(short) ? BinaryPrimitives.ReadInt16BigEndian(piece) : BinaryPrimitives.ReadInt32BigEndian(piece);
            return piece[size..];
        }

        _number = _bytesOfNumber == 0 ? piece[0] : (_number << 8) | piece[0];
        if (++_bytesOfNumber == size)
        {
            _bytesOfNumber = 0;
            if (size == sizeof(short)) _number = (short)_number;
        }

        return piece[1..];
    }

    private void Advance()
    {
        switch (_state)
        {
            case State.Signature:
                _state = State.ExtensionLength;
                break;
            case State.ExtensionLength:
                (_skip, _state) = (_number, _number > 0 ? State.Extension : State.RowStart);
                break;
            case State.RowStart when _number < 0:
                _state = State.End;
                break;
            case State.RowStart:
                Rows++;
                _valuesLeft = _number;
                _state = _valuesLeft > 0 ? State.ValueLength : State.RowStart;
                break;
            case State.ValueLength when _number > 0:
                (_skip, _state) = (_number, State.Value);
                break;
            default:
                _state = _state == State.Extension || --_valuesLeft == 0 ? State.RowStart : State.ValueLength;
                break;
        }
    }
}
