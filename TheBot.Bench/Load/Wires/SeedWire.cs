using System.Text;

namespace TheBot.Bench.Load.Wires;

/// <summary>The seed's dialect: one socket, one room, no client ids.</summary>
internal sealed class SeedWire : IWire
{
    public string Name => "seed";

    public string? Subprotocol => null;

    public Uri Address(Seat seat) => WireOf.WebSocket(seat.Replica, $"/ws/chat/{seat.Room}/?token={seat.Token}");

    public IEnumerable<byte[]> Greeting(Seat seat) => [];

    public bool IsJoined(ReadOnlySpan<byte> frame) => frame.IndexOf("\"type\":\"room_history\""u8) >= 0;

    public byte[] Send(Seat seat, string clientId, string text) => Encoding.UTF8.GetBytes($$"""{"type":"chat_message","content":"{{text}}"}""");

    public bool IsDelivery(ReadOnlySpan<byte> frame) => frame.StartsWith("{\"type\":\"chat_message\""u8);

    public bool IsError(ReadOnlySpan<byte> frame) => frame.StartsWith("{\"type\":\"error\""u8);

    public int RecordEnd(ReadOnlySpan<byte> message) => message.Length;
}
