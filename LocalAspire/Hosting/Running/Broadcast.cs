using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace LocalAspire.Running;

/// <summary>Passes items on to everybody who watches; who comes later gets what is kept first.</summary>
internal sealed class Broadcast<T>(Func<IEnumerable<T>> kept)
{
    private readonly Lock _gate = new();
    private readonly List<Channel<T>> _watchers = [];

    /// <param name="next">Makes the item, and keeps it.</param>
    public void Pass(Func<T> next)
    {
        lock (_gate)
        {
            var item = next();
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(item);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<T>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<T>();
        lock (_gate)
        {
            foreach (var item in kept())
                channel.Writer.TryWrite(item);
            _watchers.Add(channel);
        }

        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<T>();
                while (channel.Reader.TryRead(out var item))
                    batch.Add(item);
                yield return batch;
            }
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(channel);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            foreach (var watcher in _watchers)
                watcher.Writer.TryComplete();
        }
    }
}
