using System.Diagnostics.Metrics;

namespace TheBot.ChatApi.Observability;

/// <summary>Who follows what on this replica, on the meter of <see cref="ChatMetrics"/>. All of it falls to zero when nobody is connected.</summary>
internal static class FollowMetrics
{
    private static readonly Meter Meter = new(ChatMetrics.Name);

    private static readonly UpDownCounter<int> Rooms = Meter.CreateUpDownCounter<int>("thebot.chat.rooms", "{room}", "Rooms that somebody here follows");

    private static readonly UpDownCounter<int> Subscriptions =
        Meter.CreateUpDownCounter<int>("thebot.chat.subscriptions", "{subscription}", "Rooms followed, counted for each connection");

    public static void RoomOpened() => Rooms.Add(1);

    public static void RoomClosed() => Rooms.Add(-1);

    public static void Subscribed() => Subscriptions.Add(1);

    public static void Unsubscribed() => Subscriptions.Add(-1);
}
