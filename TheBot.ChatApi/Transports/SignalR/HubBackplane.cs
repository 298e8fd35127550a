using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using StackExchange.Redis;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>SignalR's Redis backplane, as carrier of hints between replicas: what it cannot carry is left out, and nobody waits for it.</summary>
/// <remarks>
/// By itself it makes every connection wait for its subscriptions, so that with Redis down none is let in. Here a connection's <see cref="HubSeat"/> is in it, and
/// joins in its own time. One joins after the other: the backplane subscribes for the first seat of a group, and where that fails the next one would find a group
/// that has a seat and no subscription. So the first in the line tries until Redis takes it, and those behind it need not try. Once joined, the Redis client
/// restores a subscription by itself.
/// </remarks>
internal sealed class HubBackplane(IServiceProvider services, TimeProvider time, ILogger<HubBackplane> logger)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _joining = new(1);
    private RedisHubLifetimeManager<ChatHub>? _redis;

    /// <summary>Keeps a seat in its group until its connection is over, whatever Redis does meanwhile. Does not wait.</summary>
    public void Keep(HubSeat seat, CancellationToken over)
    {
        using var suppressed = ExecutionContext.SuppressFlow(); // a subscription outlives the request, and the trace, in which it begins
        _ = Task.Run(() => KeepAsync(seat, over), CancellationToken.None);
    }

    /// <summary>To a group's seats on other replicas, in the order of the calls. Does not wait.</summary>
    /// <param name="group">The group.</param>
    /// <param name="method">A method of <see cref="Contracts.IChatClient"/>.</param>
    /// <param name="arguments">Its arguments, of which the first is a room.</param>
    /// <param name="except">Connections that have heard of it, or have said it.</param>
    public void Send(string group, string method, object?[] arguments, IReadOnlyList<string> except)
    {
        if (Volatile.Read(ref _redis) is { } redis) _ = TryAsync(() => redis.SendGroupExceptAsync(group, method, arguments, except, CancellationToken.None));
    }

    private async Task KeepAsync(HubSeat seat, CancellationToken over)
    {
        try
        {
            await _joining.WaitAsync(over).ConfigureAwait(false);
            try
            {
                while (!await TryAsync(() => JoinAsync(seat)).ConfigureAwait(false)) await Task.Delay(TryAgainAfter, time, over).ConfigureAwait(false);
            }
            finally
            {
                _joining.Release();
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryAsync(() => _redis!.OnDisconnectedAsync(seat)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // before it had joined
        }
        catch (Exception e)
        {
            HubLog.BackplaneFailed(logger, e);
        }
    }

    private async Task JoinAsync(HubSeat seat)
    {
        var redis = _redis ?? Open();
        try
        {
            await redis.OnConnectedAsync(seat).ConfigureAwait(false);
            await redis.AddToGroupAsync(seat.ConnectionId, seat.Group, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await TryAsync(() => redis.OnDisconnectedAsync(seat)).ConfigureAwait(false); // or half of it would stay, and be restored with the connection
            throw;
        }
    }

    /// <summary>By the first who joins, who may wait for it: connecting blocks where Redis does not answer.</summary>
    /// <remarks>Nobody disposes it: all that would do is to take leave of Redis, which notices anyway, and to fail where Redis does not answer.</remarks>
    private RedisHubLifetimeManager<ChatHub> Open()
    {
        services.GetRequiredService<IConnectionMultiplexer>(); // or the backplane would find out in a task that it keeps to itself
        var redis = ActivatorUtilities.CreateInstance<RedisHubLifetimeManager<ChatHub>>(services);
        Volatile.Write(ref _redis, redis);
        return redis;
    }

    /// <summary>False = Redis is away.</summary>
    private async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            HubLog.BackplaneAway(logger, e);
            return false;
        }
    }
}
