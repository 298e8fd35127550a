using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.Bench.Servers;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Data;
using TheBot.Data.Log;

namespace TheBot.Bench.Micro;

/// <summary>From a committed event to the queues of a room's connections on this replica, whose writes cost nothing.</summary>
public class FanOutBenchmarks
{
    private ServersUnderLoad _servers = null!;
    private NpgsqlDataSource _database = null!;
    private Feeds _feeds = null!;
    private long _seq;

    [Params(4, 200)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Start() => StartAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Stop()
    {
        _database.Dispose();
        _servers.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark]
    public void Deliver() => _feeds.Offer(new Committed([SerialiseBenchmarks.Created with { RoomId = BenchSchool.FirstRoom, Seq = ++_seq }], []));

    private async Task StartAsync()
    {
        _seq = 0;
        _servers = await ServersUnderLoad.StartAsync(replicas: 0, new BenchSchool(Rooms: 1, Members: 200));
        _database = ChatDatabase.Create(_servers.Database);
        var log = new RoomLog(_database);
        var options = new DeliveryOptions();
        _feeds = new Feeds(log, new UserLog(_database), Options.Create(options), NullLogger<Feeds>.Instance);
        for (var i = 0; i < Connections; i++)
        {
            var connection = new Sink(new Identity(BenchSchool.FirstUser + i, "", "", "", "", "", false, null, []), options);
            var subscription = await _feeds.FollowAsync(connection, BenchSchool.FirstRoom);
            await subscription.GoLiveFromAsync(0, CancellationToken.None);
        }
    }

    private sealed class Sink(Identity who, DeliveryOptions options) : LiveConnection(who, V1Dialect.Instance, options, TimeProvider.System, NullLogger.Instance)
    {
        public override OutFrame TooSlow => throw new InvalidOperationException("a sink is never too slow");

        public override ValueTask WriteAsync(IReadOnlyList<OutFrame> frames) => ValueTask.CompletedTask;

        public override void Removed(long roomId) => throw new NotSupportedException();

        public override void Tell(UserEvent userEvent) => throw new NotSupportedException();

        public override void Close(int code, string reason) => throw new NotSupportedException();

        public override void Abort() => throw new NotSupportedException();

        public override void Broken(Exception exception) => throw exception;
    }
}
