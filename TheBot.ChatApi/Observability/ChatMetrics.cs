using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TheBot.ChatApi.Observability;

/// <summary>What the product measures of itself: meter and activity source <c>TheBot.Chat</c>. No text, name or token ever.</summary>
internal static class ChatMetrics
{
    public const string Name = "TheBot.Chat";

    public static ActivitySource Activities { get; } = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram<int>("thebot.chat.writer.batch_size", "{message}", "Messages that shared one commit");

    private static readonly Histogram<double> BatchDuration =
        Meter.CreateHistogram<double>("thebot.chat.writer.batch_duration", "s", "From sending a batch to the database to its commit");

    private static readonly Histogram<double> DeliveryLag =
        Meter.CreateHistogram<double>("thebot.chat.delivery.lag", "s", "From the commit's clock to the connections' queues");

    private static readonly Counter<long> Gaps = Meter.CreateCounter<long>("thebot.chat.gap", "{gap}", "Times a feed read the log because the bell did not ring");

    private static readonly Counter<long> SlowClosed =
        Meter.CreateCounter<long>("thebot.chat.slow_consumer.closed", "{connection}", "Connections closed because their queue was full");

    private static readonly UpDownCounter<int> Connections = Meter.CreateUpDownCounter<int>("thebot.chat.connections", "{connection}", "Live connections");

    public static void BatchWritten(int messages, TimeSpan took)
    {
        BatchSize.Record(messages);
        BatchDuration.Record(took.TotalSeconds);
    }

    public static void Delivered(TimeSpan sinceCommit) => DeliveryLag.Record(sinceCommit.TotalSeconds);

    public static void GapFound() => Gaps.Add(1);

    public static void ClosedAsSlow() => SlowClosed.Add(1);

    public static void ConnectionOpened() => Connections.Add(1);

    public static void ConnectionClosed() => Connections.Add(-1);
}
