using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace LocalAspire.Client;

/// <summary>
/// One client span per Redis command that runs below a recorded span. StackExchange.Redis has no ActivitySource of its own; its profiler
/// reports finished commands, which are turned into spans in batches, off the request's path.
/// </summary>
internal sealed class RedisCommandSpans : IDisposable
{
    public const string SourceName = "OpenTelemetry.Instrumentation.StackExchangeRedis";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ActivitySource _source = new(SourceName);
    private readonly ConcurrentDictionary<Activity, ProfilingSession> _sessions = new();
    private readonly Timer _timer;

    public RedisCommandSpans() => _timer = new Timer(_ => Flush(), null, Interval, Interval);

    public void Observe(IConnectionMultiplexer connection) => connection.RegisterProfiler(() =>
        _source.HasListeners() && Activity.Current is { Recorded: true } parent ? _sessions.GetOrAdd(parent, _ => new ProfilingSession()) : null);

    private void Flush()
    {
        foreach (var (parent, session) in _sessions)
        {
            // removed before it is read: a command that comes later opens a new session for the same parent
            if (parent.IsStopped)
                _sessions.TryRemove(parent, out _);
            foreach (var command in session.FinishProfiling())
                Emit(parent, command);
        }
    }

    private void Emit(Activity parent, IProfiledCommand command)
    {
        using var span = _source.StartActivity(command.Command, ActivityKind.Client, parent.Context, startTime: command.CommandCreated);
        if (span is null)
            return;
        span.SetTag("db.system.name", "redis").SetTag("db.operation.name", command.Command).SetTag("db.namespace", command.Db);
        if (command.EndPoint is DnsEndPoint server)
            span.SetTag("server.address", server.Host).SetTag("server.port", server.Port);
        span.SetEndTime(command.CommandCreated + command.ElapsedTime);
    }

    public void Dispose()
    {
        _timer.Dispose();
        Flush();
        _source.Dispose();
    }
}
