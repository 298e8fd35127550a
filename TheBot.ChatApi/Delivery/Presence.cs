using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.Data.Presence;

namespace TheBot.ChatApi.Delivery;

/// <summary>Who is in which room: a person joins with their first connection to any replica, and leaves with their last.</summary>
/// <remarks>
/// The table is the truth, and whoever is connected here is told how it changes (<see cref="PresenceView"/>). Nobody waits for that: what came
/// and went is written in one statement after the other by one loop, so that two thousand people who return at once make a few large writes.
/// The bell says which rooms to read again; without it they are read at every renewal of the lease. A replica that was killed renews no more:
/// its rows count until its lease ends, and the others read again at that moment.
/// </remarks>
internal sealed class Presence : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Behind the end of another replica's lease, so that the database agrees that it is over.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromMilliseconds(50);

    private readonly PresenceTable _table;
    private readonly PresenceView _view;
    private readonly Feeds _feeds;
    private readonly Bell _bell;
    private readonly TimeProvider _time;
    private readonly ILogger<Presence> _logger;
    private readonly TimeSpan _renewEvery;
    private readonly TimeSpan _lease;

    private readonly Guid _replica = Guid.NewGuid();
    private readonly SemaphoreSlim _work = new(0, 1);
    private readonly Lock _gate = new();
    private readonly Dictionary<(long RoomId, long UserId), int> _connections = [];
    private HashSet<(long RoomId, long UserId)> _unwritten = [];
    private HashSet<long> _unread = [];
    private bool _isRegistered;
    private long _believesFrom = long.MinValue;

    public Presence(PresenceTable table, Feeds feeds, Bell bell, IOptions<DeliveryOptions> options, TimeProvider time, ILogger<Presence> logger)
    {
        (_table, _feeds, _bell, _time, _logger) = (table, feeds, bell, time, logger);
        _view = new PresenceView(table, feeds);
        // a replica killed just after it renewed is gone for the others well within the whole; one renewal in three may fail
        _renewEvery = options.Value.PresenceLease / 3;
        _lease = _renewEvery * 2;
        bell.PresenceHeard += ReadAgain;
    }

    /// <summary>A connection of somebody is in a room now. Called once it is live there, so that it hears of itself. Does not block.</summary>
    public void Enter(long roomId, long userId) => Count(roomId, userId, 1);

    /// <summary>The opposite of <see cref="Enter"/>, once for each.</summary>
    public void Leave(long roomId, long userId) => Count(roomId, userId, -1);

    public override void Dispose()
    {
        _work.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var renewAt = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = Timeout.InfiniteTimeSpan;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            patience.CancelAfter(_renewEvery);
            try
            {
                if (_time.GetTimestamp() >= renewAt) renewAt = await RenewAsync(patience.Token).ConfigureAwait(false);
                await WriteAndReadAsync(patience.Token).ConfigureAwait(false);
                wait = _time.GetElapsedTime(_time.GetTimestamp(), renewAt);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                if (stoppingToken.IsCancellationRequested) break;
                DeliveryLog.PresenceFailed(_logger, e);
                await Task.Delay(RetryAfter, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (wait > TimeSpan.Zero) await WaitForWorkAsync(wait, stoppingToken).ConfigureAwait(false);
        }

        await TakeLeaveAsync().ConfigureAwait(false);
    }

    private async Task WaitForWorkAsync(TimeSpan atMost, CancellationToken stoppingToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await using var timer = _time.CreateTimer(static over => ((CancellationTokenSource)over!).Cancel(), waiting, atMost, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        await _work.WaitAsync(waiting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Count(long roomId, long userId, int difference)
    {
        lock (_gate)
        {
            var key = (roomId, userId);
            _connections.TryGetValue(key, out var before);
            var now = before + difference;
            if (now > 0) _connections[key] = now;
            else _connections.Remove(key);
            if (before > 0 == now > 0) return;
            _unwritten.Add(key);
            Wake();
        }
    }

    /// <summary>Rooms in which somebody came or went on another replica.</summary>
    private void ReadAgain(IReadOnlyList<long> rooms)
    {
        lock (_gate)
        {
            _unread.UnionWith(rooms.Where(_feeds.IsFollowed));
            if (_unread.Count > 0) Wake();
        }
    }

    private void Wake()
    {
        if (_work.CurrentCount == 0) _work.Release();
    }

    /// <returns>The timestamp at which to renew again.</returns>
    private async Task<long> RenewAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetTimestamp();
        var renewal = await _table.RenewAsync(_replica, _lease, cancellationToken).ConfigureAwait(false);
        // a lease of our own that had ended means that the database was away, or we were: the others may need a moment to renew theirs too
        if (renewal.Held != true && _isRegistered) _believesFrom = now + Ticks(_renewEvery * 3);
        _isRegistered = true;
        _view.BelievesAbsence = now >= _believesFrom;
        lock (_gate)
        {
            if (renewal.Held is null) _unwritten.UnionWith(_connections.Keys);
            _unread.UnionWith(_view.Trim());
        }

        var next = renewal.NextEnd is { } end && end + Afterwards < _renewEvery ? end + Afterwards : _renewEvery;
        return now + Ticks(next);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private async Task WriteAndReadAsync(CancellationToken cancellationToken)
    {
        HashSet<(long RoomId, long UserId)> writing;
        HashSet<long> reading;
        ILookup<bool, (long RoomId, long UserId)> byPresence;
        lock (_gate)
        {
            (writing, _unwritten) = (_unwritten, []);
            (reading, _unread) = (_unread, []);
            byPresence = writing.ToLookup(_connections.ContainsKey);
        }

        var changed = writing.Select(w => w.RoomId).Distinct().ToList();
        reading.UnionWith(changed);
        if (reading.Count == 0) return;
        try
        {
            await _view.BeginAsync(reading, cancellationToken).ConfigureAwait(false);
            if (writing.Count > 0)
            {
                await _table.WriteAsync(_replica, [.. byPresence[true]], [.. byPresence[false]], cancellationToken).ConfigureAwait(false);
                writing = [];
                _bell.Ring(changed);
            }

            await _view.TellAsync(reading, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            lock (_gate)
            {
                _unwritten.UnionWith(writing);
                _unread.UnionWith(reading);
            }

            throw;
        }
    }

    private async Task TakeLeaveAsync()
    {
        using var patience = new CancellationTokenSource(RetryAfter, _time);
        try
        {
            await _table.EndAsync(_replica, patience.Token).ConfigureAwait(false);
            List<long> rooms;
            lock (_gate) rooms = [.. _connections.Keys.Concat(_unwritten).Select(k => k.RoomId).Distinct()];
            _bell.Ring(rooms);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
        {
            DeliveryLog.PresenceFailed(_logger, e); // the lease ends by itself
        }
    }
}
