using BenchmarkDotNet.Attributes;
using TheBot.Bench.Load;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Bench.Micro;

/// <summary>From a stored message to the bytes of its event, once a dialect, and to the bell's.</summary>
public class SerialiseBenchmarks
{
    internal static readonly ChatMessage Message = new()
    {
        Id = 4711,
        Room = 1001,
        Seq = 318,
        Sender = new Person(1_000_001, "Анна Петрова", "student"),
        ClientId = "019b2c",
        Content = new Tag().Text(0, 0),
        CreatedAt = DateTimeOffset.UtcNow,
        UpdatedAt = DateTimeOffset.UtcNow,
    };

    internal static readonly RoomEvent Created =
        new(Message.Room, Message.Seq, RoomEventKind.MessageCreated, Message.CreatedAt, Message.Sender.Id, null, WireJson.Utf8(Message));

    private static readonly Guid Replica = Guid.NewGuid();
    private static readonly ReadOnlyMemory<byte> Call = BellCodec.Write(Replica, [Created], []);

    [Benchmark]
    public object MessageObject() => WireJson.Utf8(Message);

    [Benchmark]
    public object? V1Event() => V1Dialect.Instance.Render(Created);

    [Benchmark]
    public object V1Ack() => V1Dialect.Ack("019b2c", Created);

    [Benchmark]
    public object? SeedEvent() => SeedDialect.Instance.Render(Created);

    [Benchmark]
    public object? HubEvent() => HubDialect.Instance.Render(Created);

    [Benchmark]
    public object BellOut() => BellCodec.Write(Replica, [Created], []);

    [Benchmark]
    public object? BellIn() => BellCodec.Read(Call, Guid.Empty);
}
