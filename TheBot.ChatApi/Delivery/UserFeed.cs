using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>A person's log on its way to all their connections to this replica.</summary>
internal sealed class UserFeed(long userId, UserLog log, Action<UserFeed> left, ILogger logger) : LogFeed<UserEvent>(logger)
{
    private readonly HashSet<LiveConnection> _connections = [];

    public long UserId { get; } = userId;

    public bool TryAdd(LiveConnection connection)
    {
        lock (Gate)
        {
            if (IsClosed) return false;
            _connections.Add(connection);
            return true;
        }
    }

    public void Remove(LiveConnection connection)
    {
        lock (Gate)
        {
            if (!_connections.Remove(connection) || _connections.Count > 0) return;
            IsClosed = true;
            left(this);
        }
    }

    protected override long SeqOf(UserEvent logEvent) => logEvent.Seq;

    protected override async Task<long> ReadHeadAsync() =>
        (await log.HeadsAsync([UserId], CancellationToken.None).ConfigureAwait(false)) is [var (_, head)] ? head : 0;

    protected override Task<List<UserEvent>> ReadAsync(long afterSeq, int limit) => log.ReadAsync(UserId, afterSeq, limit, CancellationToken.None);

    protected override void Deliver(UserEvent logEvent)
    {
        foreach (var connection in _connections) connection.Tell(logEvent);
    }
}
