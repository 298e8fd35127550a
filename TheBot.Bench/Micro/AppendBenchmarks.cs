using BenchmarkDotNet.Attributes;
using Npgsql;
using TheBot.Bench.Load;
using TheBot.Bench.Servers;
using TheBot.Data;
using TheBot.Data.Log;

namespace TheBot.Bench.Micro;

/// <summary>One batch of the writer, from the drafts to the durable commit's answer.</summary>
public class AppendBenchmarks
{
    private static readonly Tag Tag = new();
    private ServersUnderLoad _servers = null!;
    private NpgsqlDataSource _database = null!;
    private RoomLog _log = null!;
    private int _sent;

    /// <summary>Messages that share the commit, each in a room of its own.</summary>
    [Params(1, 10, 50)]
    public int Messages { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _servers = ServersUnderLoad.StartAsync(replicas: 0, new BenchSchool(Rooms: 50, Members: 4)).GetAwaiter().GetResult();
        _database = ChatDatabase.Create(_servers.Database);
        _log = new RoomLog(_database);
    }

    [GlobalCleanup]
    public void Stop()
    {
        _database.Dispose();
        _servers.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark]
    public async Task<AppendResult[]> Append()
    {
        var drafts = new MessageDraft[Messages];
        for (var i = 0; i < drafts.Length; i++)
        {
            _sent++;
            drafts[i] = new MessageDraft(BenchSchool.FirstRoom + i, BenchSchool.FirstUser + (i * 4), $"b.{_sent}", Tag.Text(i, _sent), null);
        }

        return await _log.AppendAsync(drafts, RoomLocks.Free, CancellationToken.None);
    }
}
