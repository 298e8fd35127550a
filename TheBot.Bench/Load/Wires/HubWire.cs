using System.Text;

namespace TheBot.Bench.Load.Wires;

/// <summary>The SignalR hub in its JSON protocol; records end with 0x1E and several may share a WebSocket message.</summary>
internal sealed class HubWire : IWire
{
    private const byte RecordSeparator = 0x1E;

    public string Name => "hub";

    public string? Subprotocol => null;

    public Uri Address(Seat seat) => WireOf.WebSocket(seat.Replica, $"/hubs/chat?access_token={seat.Token}");

    public IEnumerable<byte[]> Greeting(Seat seat) =>
    [
        Record("""{"protocol":"json","version":1}"""),
        Record($$"""{"type":1,"invocationId":"s","target":"Subscribe","arguments":[{{seat.Room}},null]}"""),
    ];

    public bool IsJoined(ReadOnlySpan<byte> frame) => frame.IndexOf("\"invocationId\":\"s\""u8) >= 0 && frame.IndexOf("\"result\""u8) >= 0;

    public byte[] Send(Seat seat, string clientId, string text) => Record(
        $$"""{"type":1,"invocationId":"{{clientId}}","target":"SendMessage","arguments":[{{seat.Room}},{"content":"{{text}}","client_id":"{{clientId}}" }]}""");

    public bool IsDelivery(ReadOnlySpan<byte> frame) => frame.IndexOf("\"target\":\"MessageCreated\""u8) >= 0;

    public bool IsError(ReadOnlySpan<byte> frame) => frame.IndexOf("\"error\":"u8) >= 0;

    public int RecordEnd(ReadOnlySpan<byte> message) => message.IndexOf(RecordSeparator);

    private static byte[] Record(string json) => Encoding.UTF8.GetBytes(json + (char)RecordSeparator);
}
