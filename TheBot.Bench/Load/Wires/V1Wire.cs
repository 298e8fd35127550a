using System.Text;
using TheBot.Contracts.V1;

namespace TheBot.Bench.Load.Wires;

/// <summary>v1: one socket that subscribes to its room.</summary>
internal sealed class V1Wire : IWire
{
    private static readonly byte[] Joined = Encoding.UTF8.GetBytes($"\"type\":\"{V1Type.Subscribed}\"");
    private static readonly byte[] Created = Encoding.UTF8.GetBytes($"{{\"type\":\"{V1Type.MessageCreated}\"");
    private static readonly byte[] Error = Encoding.UTF8.GetBytes($"\"type\":\"{V1Type.Error}\"");

    public string Name => "v1";

    public string? Subprotocol => V1Protocol.Subprotocol;

    public Uri Address(Seat seat) => WireOf.WebSocket(seat.Replica, $"{V1Protocol.Path}?token={seat.Token}");

    public IEnumerable<byte[]> Greeting(Seat seat) => [Encoding.UTF8.GetBytes($$"""{"type":"subscribe","id":"s","room":{{seat.Room}}}""")];

    public bool IsJoined(ReadOnlySpan<byte> frame) => frame.IndexOf(Joined) >= 0;

    public byte[] Send(Seat seat, string clientId, string text) =>
        Encoding.UTF8.GetBytes(
        $$$"""{"type":"send","id":"{{{clientId}}}","room":{{{seat.Room}}},"data":{"client_id":"{{{clientId}}}","content":"{{{text}}}"}}""");

    public bool IsDelivery(ReadOnlySpan<byte> frame) => frame.StartsWith(Created);

    public bool IsError(ReadOnlySpan<byte> frame) => frame.IndexOf(Error) >= 0;

    public int RecordEnd(ReadOnlySpan<byte> message) => message.Length;
}
