using System.Buffers;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>A message as it comes in. Its memory is the pool's, and only while there is something in it: a connection that says nothing holds none.</summary>
internal sealed class InboundMessage : IDisposable
{
    private const int Least = 1024;

    private byte[] _bytes = [];

    /// <summary>Bytes that have come.</summary>
    public int Length { get; private set; }

    /// <summary>Valid until <see cref="Clear"/> or <see cref="Space"/>.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Where the next bytes go.</summary>
    public Memory<byte> Space()
    {
        if (_bytes.Length - Length < Least)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, _bytes.Length * 2));
            Written.CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        return _bytes.AsMemory(Length);
    }

    public void Advance(int count) => Length += count;

    public void Clear()
    {
        GiveBack();
        (_bytes, Length) = ([], 0);
    }

    public void Dispose() => Clear();

    private void GiveBack()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
    }
}
