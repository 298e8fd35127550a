using StackExchange.Redis;
using TheBot.ChatApi.Observability;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>Redis as a bell: tells the other replicas of what was committed here, and hears of what was committed there.</summary>
/// <remarks>
/// A call may be lost, doubled or late; the feeds put that right from the log. Nothing here is waited for by a sender or a connection.
/// Whether the bell rings is measured from end to end: this replica hears its own heartbeat, through both of its connections to Redis.
/// </remarks>
internal sealed class Bell(IServiceProvider services, Feeds feeds, TypingHints typing, TimeProvider time, ILogger<Bell> logger) : BackgroundService
{
    /// <summary>Of the events in a call, unless there is only one.</summary>
    private const int CallBytes = 32 * 1024;

    /// <summary>They are small, and all alike.</summary>
    private const int CallUserEvents = 500;

    private readonly Heartbeats _beats = new(time);
    private ISubscriber? _redis;
    private bool _rang;

    /// <summary>Raised with rooms in which somebody came or went on another replica. Handlers neither block nor throw.</summary>
    public event Action<IReadOnlyList<long>>? PresenceHeard;

    /// <inheritdoc cref="Heartbeats.Rings"/>
    public bool Rings => _beats.Rings;

    /// <summary>A school with one replica does without calls, which are an eighth of what a message costs it when few share a batch.</summary>
    private ISubscriber? Listeners => _beats.IsAlone ? null : _redis;

    public void Ring(Committed committed)
    {
        if (Listeners is null) return;
        foreach (var events in InCalls(committed.RoomEvents)) Publish(BellCodec.Write(_beats.Self, events, []));
        foreach (var events in committed.UserEvents.Chunk(CallUserEvents)) Publish(BellCodec.Write(_beats.Self, [], events));
    }

    public void Ring(Ephemeral ephemeral)
    {
        if (Listeners is not null) Publish(BellCodec.Write(_beats.Self, ephemeral));
    }

    /// <summary>Tells that somebody came or went in these rooms, as the table of presence has it now.</summary>
    public void Ring(IReadOnlyCollection<long> changedRooms)
    {
        if (changedRooms.Count > 0 && Listeners is not null) Publish(BellCodec.Write(_beats.Self, changedRooms));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // connecting blocks where Redis does not answer, and the host waits for nobody's first steps
        var redis = services.GetRequiredService<IConnectionMultiplexer>().GetSubscriber();
        await SubscribeAsync(redis, stoppingToken).ConfigureAwait(false);
        _redis = redis;

        using var timer = _beats.StartTimer();
        do
        {
            Watch();
            PublishTo(redis, BellChannels.Heartbeat, _beats.Self.ToByteArray());
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task SubscribeAsync(ISubscriber redis, CancellationToken stoppingToken)
    {
        using var timer = _beats.StartTimer();
        foreach (var channel in BellChannels.All.Append(BellChannels.Heartbeat))
        {
            while (true)
            {
                try
                {
                    // a queue, not a plain handler: handlers of one channel may run at the same time, in any order
                    var calls = await redis.SubscribeAsync(channel).ConfigureAwait(false);
                    calls.OnMessage(channel == BellChannels.Heartbeat ? Heard : Called);
                    break;
                }
                catch (Exception e) when (e is RedisException or TimeoutException)
                {
                    DeliveryLog.SubscribeFailed(logger, e);
                    await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
                }
            }
        }
    }

    private void Called(ChannelMessage message)
    {
        try
        {
            if (BellCodec.Read((ReadOnlyMemory<byte>)message.Message, _beats.Self) is not { } call) return;
            feeds.Offer(call.Committed);
            foreach (var hint in call.Ephemerals)
            {
                if (hint.Kind is EphemeralKind.Typing or EphemeralKind.TypingStopped) typing.Hear(hint);
                else feeds.Pass(hint);
            }

            if (call.PresenceIn.Count > 0) PresenceHeard?.Invoke(call.PresenceIn);
        }
        catch (InvalidDataException e)
        {
            DeliveryLog.CallUnreadable(logger, e);
        }
    }

    private void Heard(ChannelMessage message)
    {
        _beats.Heard(((ReadOnlyMemory<byte>)message.Message).Span);
        Watch();
    }

    private void Watch()
    {
        var rings = Rings;
        ChatMetrics.BellRings(rings);
        if (Interlocked.Exchange(ref _rang, rings) == rings) return;
        if (rings) DeliveryLog.BellRings(logger);
        else DeliveryLog.BellSilent(logger);
    }

    /// <summary>A batch is one call as a rule; a large one is several, so that no call is a large object to the garbage collector here or there.</summary>
    private static IEnumerable<List<RoomEvent>> InCalls(IReadOnlyList<RoomEvent> events)
    {
        List<RoomEvent> call = [];
        var bytes = 0;
        foreach (var roomEvent in events)
        {
            var size = roomEvent.Data.Length + roomEvent.Extra.Length;
            if (call.Count > 0 && bytes + size > CallBytes)
            {
                yield return call;
                (call, bytes) = ([], 0);
            }

            call.Add(roomEvent);
            bytes += size;
        }

        if (call.Count > 0) yield return call;
    }

    private void Publish(ReadOnlyMemory<byte> call)
    {
        if (Listeners is { } redis) PublishTo(redis, BellChannels.Of(_beats.Self), call);
    }

    /// <summary>Not awaited: a call that Redis does not take is one that the sweep makes up for.</summary>
    private static void PublishTo(ISubscriber redis, RedisChannel channel, ReadOnlyMemory<byte> call)
    {
        try
        {
            redis.Publish(channel, call, CommandFlags.FireAndForget);
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            // no connection: Watch() notices by the missing heartbeat and says so once
        }
    }
}
