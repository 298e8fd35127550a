namespace TheBot.ChatApi.Memory;

/// <summary>Gives back to the system, while nothing goes on, what the last wave left: the handshakes of a school that came at eight, say.</summary>
/// <remarks>
/// The runtime collects when somebody allocates, so a replica whose people listen and say nothing would keep the garbage of their coming, and room for the
/// next such wave, for as long as they are quiet: of 2,000 idle connections a third of the memory (35 KB each, with this 23). As a rule nobody waits while it runs.
/// </remarks>
internal sealed partial class QuietCollection(TimeProvider time, ILogger<QuietCollection> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watch = new QuietWatch();
        using var timer = new PeriodicTimer(QuietWatch.LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            if (!watch.IsDue(GC.GetTotalAllocatedBytes(), GC.GetTotalMemory(forceFullCollection: false))) continue;
            var before = GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GaveBack(logger, (before - GC.GetGCMemoryInfo(GCKind.FullBlocking).TotalCommittedBytes) / 1024, GC.GetTotalPauseDuration());
        }
    }

    [LoggerMessage(1900, LogLevel.Debug, "Quiet: gave back {Kilobytes} KiB of the heap (all pauses since the start: {Pauses})")]
    private static partial void GaveBack(ILogger logger, long kilobytes, TimeSpan pauses);
}
