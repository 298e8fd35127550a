using System.Net;
using Npgsql;
using TheBot.Data;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos;

/// <summary>A whole graph to be broken: three replicas, a Redis that can be killed, and a road to it. Used for one run after the other.</summary>
public sealed class ChaosGraph : IAsyncLifetime
{
    private ScratchRedis? _redis;
    private BellRoad? _bell;
    private ChatGraph? _graph;

    public int ReplicaCount { get; init; } = 3;

    /// <summary>What else the replicas are told, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>
    {
        ["Chat__Delivery__QueueFrames"] = "100", // so that whoever reads slowly is found out within seconds
        ["Chat__Delivery__LeaveWithin"] = "00:00:02",
    };

    internal ScratchRedis Redis => _redis!;

    internal BellRoad Bell => _bell!;

    internal ChatGraph Graph => _graph!;

    internal NpgsqlDataSource Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _redis = await ScratchRedis.StartAsync();
        _bell = new BellRoad(new IPEndPoint(IPAddress.Loopback, _redis.Port));
        _graph = new ChatGraph
        {
            ReplicaCount = ReplicaCount,
            Arguments = [$"--ConnectionStrings:redis=127.0.0.1:{_bell.Port}"],
            Configure = builder =>
            {
                var api = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "chatapi"));
                foreach (var (name, value) in Settings) api.WithEnvironment(name, value);
            },
        };
        await _graph.InitializeAsync();
        Database = ChatDatabase.Create((await _graph.App.GetConnectionStringAsync("chatdb"))!);
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        await Graph.DisposeAsync();
        await Bell.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
