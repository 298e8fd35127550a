using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Delivery;

/// <summary>How a replica leaves: it is not ready any more, asks its connections to go to the others, and is done when they are gone.</summary>
/// <remarks>
/// Takes at most <see cref="DeliveryOptions.LeaveWithin"/> and <see cref="DeliveryOptions.GoneWithin"/> together, less where fewer are connected. Whoever is told
/// first comes back first, so that the other replicas are not run over by all at once.
/// </remarks>
internal sealed class Drain(Feeds feeds, IOptions<DeliveryOptions> options, TimeProvider time, ILogger<Drain> logger)
{
    private const int Steps = 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Nobody new is to be sent here.</summary>
    public bool HasBegun => feeds.Leaving.IsCancellationRequested;

    /// <summary>Cancelled when it begins.</summary>
    public CancellationToken Begun => feeds.Leaving;

    /// <summary>Ends when nobody is connected any more. To be called once.</summary>
    /// <param name="hurry">Cancelled = whoever is left is told now.</param>
    public async Task RunAsync(CancellationToken hurry)
    {
        await feeds.LeaveAsync().ConfigureAwait(false);
        var leaving = feeds.Connections.ToList();
        DeliveryLog.Draining(logger, leaving.Count);
        foreach (var group in leaving.Chunk(Math.Max(1, (leaving.Count + Steps - 1) / Steps)))
        {
            foreach (var connection in group) connection.GoAway();
            await Task.Delay(options.Value.LeaveWithin / Steps, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var since = time.GetTimestamp();
        while (feeds.Connections.Any() && time.GetElapsedTime(since) < options.Value.GoneWithin)
        {
            await Task.Delay(LookEvery, time, CancellationToken.None).ConfigureAwait(false);
        }

        var left = feeds.Connections.ToList();
        if (left.Count > 0) DeliveryLog.CutOff(logger, left.Count);
        left.ForEach(connection => connection.Abort());
    }
}
