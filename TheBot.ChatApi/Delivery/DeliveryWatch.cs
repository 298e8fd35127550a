using System.Diagnostics;
using TheBot.ChatApi.Observability;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>One event on its way to this replica's live connections, measured: how long each took since the commit, and where in its trace.</summary>
internal sealed class DeliveryWatch : IDisposable
{
    /// <summary>A room of a thousand does not need a thousand spans to be understood.</summary>
    private const int SpansMax = 32;

    private readonly DateTimeOffset _committed;
    private readonly DateTimeOffset _queued;
    private readonly Activity? _fanOut;
    private int _spans;

    private DeliveryWatch(DateTimeOffset committed, Activity? fanOut) => (_committed, _queued, _fanOut) = (committed, DateTimeOffset.UtcNow, fanOut);

    /// <summary>Null where nobody measures. Disposed when every queue has the event.</summary>
    public static DeliveryWatch? Start(RoomEvent roomEvent)
    {
        var fanOut = ChatTraces.StartFanOut(roomEvent.Trace, roomEvent.Seq);
        return fanOut is null && !ChatMetrics.MeasuresDelivery ? null : new DeliveryWatch(roomEvent.At, fanOut);
    }

    /// <summary>A connection's socket took the event. Called once a connection, by several at a time.</summary>
    public void Delivered(DateTimeOffset now)
    {
        ChatMetrics.Delivered(now - _committed);
        if (_fanOut is not null && Interlocked.Increment(ref _spans) <= SpansMax) ChatTraces.Delivered(_fanOut.Context, _queued, now);
    }

    public void Dispose() => _fanOut?.Dispose();
}
