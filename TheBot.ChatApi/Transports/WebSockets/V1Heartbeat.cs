using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>Tells each v1 connection, every <see cref="V1Options.HeartbeatEvery"/> since it began, where the logs of its rooms end.</summary>
/// <remarks>The heads are those of the database, not of this replica's feeds: what a feed has missed shows too.</remarks>
internal sealed class V1Heartbeat(Feeds feeds, RoomLog log, IOptions<V1Options> options, TimeProvider time, ILogger<V1Heartbeat> logger) : BackgroundService
{
    private const int HeadsAtOnce = 5_000;
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var quarter = options.Value.HeartbeatEvery / 4;
        using var timer = new PeriodicTimer(quarter < LongestStep ? quarter : LongestStep, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var due = feeds.Connections.OfType<V1Connection>().Where(c => c.TakeBeat()).ToList();
            if (due.Count == 0) continue;
            var heads = await ReadHeadsAsync([.. due.SelectMany(c => c.Subscriptions.Keys).Distinct()], stoppingToken).ConfigureAwait(false);
            foreach (var connection in due) connection.Beat(heads);
        }
    }

    private async Task<Dictionary<long, long>> ReadHeadsAsync(long[] rooms, CancellationToken stoppingToken)
    {
        var heads = new Dictionary<long, long>(rooms.Length);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        patience.CancelAfter(ReadWithin);
        try
        {
            foreach (var ids in rooms.Chunk(HeadsAtOnce))
            {
                foreach (var (room, head) in await log.HeadsAsync(ids, patience.Token).ConfigureAwait(false)) heads[room] = head;
            }
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException || (e is OperationCanceledException && !stoppingToken.IsCancellationRequested))
        {
            SocketLog.HeadsUnread(logger, e); // the beat itself goes out: the connections are alive
        }

        return heads;
    }
}
