using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>The road without Redis: compares the heads of all logs that somebody here follows, often while the bell is silent.</summary>
internal sealed class Sweeper(
    Feeds feeds,
    Bell bell,
    RoomLog roomLog,
    UserLog userLog,
    IOptions<DeliveryOptions> options,
    TimeProvider time,
    ILogger<Sweeper> logger) : BackgroundService
{
    private const int HeadsAtOnce = 5_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // the short step always, so that a bell that falls silent is noticed within one
        using var timer = new PeriodicTimer(options.Value.SweepEveryWithoutBell, time);
        var sweptAt = time.GetTimestamp();
        var comparedAt = sweptAt;
        var rang = false;
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            CloseStuck();
            ChatMetrics.Swept(time.GetElapsedTime(comparedAt));
            var rings = bell.Rings;
            // once more when it is back: what was committed just before was rung for nobody
            if (rings && rang && time.GetElapsedTime(sweptAt) < options.Value.SweepEvery) continue;
            rang = false;
            sweptAt = time.GetTimestamp();
            try
            {
                await SweepAsync(stoppingToken).ConfigureAwait(false);
                comparedAt = time.GetTimestamp();
                rang = rings;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                DeliveryLog.SweepFailed(logger, e);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var ids in feeds.RoomIds.Chunk(HeadsAtOnce))
        {
            foreach (var (id, head) in await roomLog.HeadsAsync(ids, cancellationToken).ConfigureAwait(false)) feeds.RoomHeadSeen(id, head);
        }

        foreach (var ids in feeds.UserIds.Chunk(HeadsAtOnce))
        {
            foreach (var (id, head) in await userLog.HeadsAsync(ids, cancellationToken).ConfigureAwait(false)) feeds.UserHeadSeen(id, head);
        }
    }

    private void CloseStuck()
    {
        foreach (var connection in feeds.Connections)
        {
            if (!connection.Queue.IsStuck()) continue;
            DeliveryLog.CutOffAsStuck(logger, connection.UserId);
            ChatMetrics.ClosedAsSlow();
            connection.Abort(); // a close frame would stand behind the write that does not end
        }
    }
}
