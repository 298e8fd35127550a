using System.Collections.Concurrent;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Console lines per instance: the newest are kept, new ones are passed on.</summary>
public class ResourceLoggerService
{
    private const int KeptLines = 10_000;

    private readonly ConcurrentDictionary<string, Lines> _lines = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="resourceName">An instance's id.</param>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Of(resourceName).Broadcast.WatchAsync();

    internal void Add(string id, string line, bool isError) => Of(id).Add(line, isError);

    private Lines Of(string id) => _lines.GetOrAdd(id, _ => new Lines());

    private sealed class Lines
    {
        private readonly Queue<LogLine> _kept = new();
        private int _count;

        public Lines() => Broadcast = new(() => _kept);

        public Broadcast<LogLine> Broadcast { get; }

        public void Add(string content, bool isError) => Broadcast.Pass(() =>
        {
            var line = new LogLine(++_count, content, isError);
            _kept.Enqueue(line);
            if (_kept.Count > KeptLines)
                _kept.Dequeue();
            return line;
        });
    }
}
