using System.Diagnostics.Metrics;

namespace TheBot.ChatApi.Observability;

/// <summary>What the product counts of itself: the meter <c>TheBot.Chat</c> (docs/telemetry.md lists it). Numbers only: no text, name, token or id.</summary>
internal static class ChatMetrics
{
    /// <summary>Of the meter, and of the activity source (<see cref="ChatTraces"/>).</summary>
    public const string Name = "TheBot.Chat";

    private static readonly Meter Meter = new(Name);

    // the exporter's own boundaries are meant for milliseconds
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram(
        "thebot.chat.writer.batch_size", "{message}", "Messages that shared one commit", null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    private static readonly Histogram<double> BatchDuration = Meter.CreateHistogram(
        "thebot.chat.writer.batch_duration", "s", "From sending a batch to the database to its commit", null, Seconds);

    private static readonly Histogram<double> DeliveryLag = Meter.CreateHistogram(
        "thebot.chat.delivery.lag", "s", "From the commit, by the database's clock, until one connection's socket has taken the event", null, Seconds);

    private static readonly Counter<long> Gaps = Meter.CreateCounter<long>("thebot.chat.gap", "{gap}", "Times a feed read the log because the bell did not ring");

    private static readonly Counter<long> SlowClosed =
        Meter.CreateCounter<long>("thebot.chat.slow_consumer.closed", "{connection}", "Connections closed because they read too slowly");

    private static readonly Counter<long> Resumes =
        Meter.CreateCounter<long>("thebot.chat.resume", "{resume}", "Times a client came back to a room with the seq it had seen last");

    private static readonly UpDownCounter<int> Connections = Meter.CreateUpDownCounter<int>("thebot.chat.connections", "{connection}", "Live connections");

    private static readonly UpDownCounter<int> Rooms = Meter.CreateUpDownCounter<int>("thebot.chat.rooms", "{room}", "Rooms that somebody here follows");

    private static readonly UpDownCounter<int> Subscriptions =
        Meter.CreateUpDownCounter<int>("thebot.chat.subscriptions", "{subscription}", "Rooms followed, counted for each connection");

    private static readonly Gauge<double> SweeperLag =
        Meter.CreateGauge<double>("thebot.chat.sweeper.lag", "s", "Since the heads of all logs that somebody here follows were last compared");

    private static readonly Gauge<int> RedisUp =
        Meter.CreateGauge<int>("thebot.chat.redis.up", "1", "1 while the bell is heard through Redis, 0 while delivery goes by the sweep");

    /// <summary>Whether anybody measures the way from the commit to the socket.</summary>
    public static bool MeasuresDelivery => DeliveryLag.Enabled;

    public static void BatchWritten(int messages, TimeSpan took)
    {
        BatchSize.Record(messages);
        BatchDuration.Record(took.TotalSeconds);
    }

    public static void Delivered(TimeSpan sinceCommit) => DeliveryLag.Record(Math.Max(0, sinceCommit.TotalSeconds)); // two machines' clocks

    public static void GapFound() => Gaps.Add(1);

    public static void ClosedAsSlow() => SlowClosed.Add(1);

    public static void Resumed() => Resumes.Add(1);

    public static void RoomOpened() => Rooms.Add(1);

    public static void RoomClosed() => Rooms.Add(-1);

    public static void Subscribed() => Subscriptions.Add(1);

    public static void Unsubscribed() => Subscriptions.Add(-1);

    public static void ConnectionOpened() => Connections.Add(1);

    public static void ConnectionClosed() => Connections.Add(-1);

    public static void Swept(TimeSpan ago) => SweeperLag.Record(ago.TotalSeconds);

    public static void BellRings(bool rings) => RedisUp.Record(rings ? 1 : 0);
}
