using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Console lines per instance: the newest are kept, new ones are passed on.</summary>
public class ResourceLoggerService
{
    private const int KeptLines = 10_000;

    private readonly ConcurrentDictionary<string, Stream> _streams = new(StringComparer.OrdinalIgnoreCase);

    internal Func<IResource, IEnumerable<string>> Ids { get; set; } = resource => [resource.Name];

    /// <summary>Where lines go besides the backlog (the AppHost's console).</summary>
    internal Action<string, string, bool>? Echo { get; set; }

    public ILogger GetLogger(IResource resource) => new LineLogger(this, [.. Ids(resource)]);

    public ILogger GetLogger(string resourceName) => new LineLogger(this, [resourceName]);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Of(resourceName).WatchAsync(default);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => MergeAsync([.. Ids(resource)], default);

    private async IAsyncEnumerable<IReadOnlyList<LogLine>> MergeAsync(string[] ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var merged = Channel.CreateUnbounded<IReadOnlyList<LogLine>>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        async Task PumpAsync(string id)
        {
            await foreach (var lines in Of(id).WatchAsync(stop.Token))
                merged.Writer.TryWrite(lines);
        }

        foreach (var id in ids)
            _ = PumpAsync(id);
        try
        {
            await foreach (var lines in merged.Reader.ReadAllAsync(cancellationToken))
                yield return lines;
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    internal void Add(string id, string line, bool isError)
    {
        Keep(id, line, isError);
        Echo?.Invoke(id, line, isError);
    }

    internal void Keep(string id, string line, bool isError) => Of(id).Add(line, isError);

    private Stream Of(string id) => _streams.GetOrAdd(id, _ => new Stream());

    private sealed class Stream
    {
        private readonly Lock _gate = new();
        private readonly Queue<LogLine> _kept = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _count;

        public void Add(string content, bool isError)
        {
            lock (_gate)
            {
                var line = new LogLine(++_count, content, isError);
                _kept.Enqueue(line);
                if (_kept.Count > KeptLines)
                    _kept.Dequeue();
                foreach (var watcher in _watchers)
                    watcher.Writer.TryWrite(line);
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var channel = Channel.CreateUnbounded<LogLine>();
            LogLine[] backlog;
            lock (_gate)
            {
                backlog = [.. _kept];
                _watchers.Add(channel);
            }

            try
            {
                if (backlog.Length > 0)
                    yield return backlog;
                while (await channel.Reader.WaitToReadAsync(cancellationToken))
                {
                    var batch = new List<LogLine>();
                    while (channel.Reader.TryRead(out var line))
                        batch.Add(line);
                    yield return batch;
                }
            }
            finally
            {
                lock (_gate)
                    _watchers.Remove(channel);
            }
        }
    }

    private sealed class LineLogger(ResourceLoggerService owner, string[] ids) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach (var id in ids)
                owner.Add(id, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}", logLevel >= LogLevel.Error);
        }
    }
}
