namespace TheBot.Bench.Load.Wires;

/// <summary>One dialect of docs/protocol.md, as much of it as a load generator needs.</summary>
internal interface IWire
{
    string Name { get; }

    Uri Address(Seat seat);

    string? Subprotocol { get; }

    /// <summary>Sent once the socket is open, in this order.</summary>
    IEnumerable<byte[]> Greeting(Seat seat);

    /// <summary>Whether a frame says that live events come from now on.</summary>
    bool IsJoined(ReadOnlySpan<byte> frame);

    /// <param name="seat">Who.</param>
    /// <param name="clientId">Their name for it.</param>
    /// <param name="text">Nothing in it has to be escaped.</param>
    byte[] Send(Seat seat, string clientId, string text);

    /// <summary>Whether a frame is a message on its way to a member (not an answer to its sender).</summary>
    bool IsDelivery(ReadOnlySpan<byte> frame);

    /// <summary>Whether it refuses something.</summary>
    bool IsError(ReadOnlySpan<byte> frame);

    /// <summary>Where the first record of a WebSocket message ends, if several may share one.</summary>
    int RecordEnd(ReadOnlySpan<byte> message);
}

internal static class WireOf
{
    public static readonly string[] Names = ["v1", "seed", "hub"];

    public static IWire Name(string name) => name switch
    {
        "v1" => new V1Wire(),
        "seed" => new SeedWire(),
        "hub" => new HubWire(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "v1, seed or hub"),
    };

    public static Uri WebSocket(Uri replica, string pathAndQuery) => new UriBuilder(new Uri(replica, pathAndQuery)) { Scheme = "ws" }.Uri;
}
