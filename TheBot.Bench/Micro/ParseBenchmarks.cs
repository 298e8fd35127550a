using BenchmarkDotNet.Attributes;
using TheBot.Bench.Load;
using TheBot.Bench.Load.Wires;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Contracts.V1;

namespace TheBot.Bench.Micro;

/// <summary>From a frame's bytes to a draft.</summary>
public class ParseBenchmarks
{
    private static readonly Seat Seat = new(1001, 1_000_001, new Uri("http://localhost"), 0);
    private readonly byte[] _v1 = new V1Wire().Send(Seat, "019b2c", new Tag().Text(0, 0));
    private readonly byte[] _seed = new SeedWire().Send(Seat, "019b2c", new Tag().Text(0, 0));

    [Benchmark]
    public object V1()
    {
        var frame = V1Frame.Parse(_v1);
        var send = frame.DataAs(V1Json.Wire.V1Send);
        return MessageRules.Draft(frame.Room!.Value, Seat.User, send.Content, send.ClientId, send.ReplyTo, out _)!;
    }

    [Benchmark]
    public object? Seed() => SeedInbound.Parse(_seed);
}
