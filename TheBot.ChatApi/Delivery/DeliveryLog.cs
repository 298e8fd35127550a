namespace TheBot.ChatApi.Delivery;

/// <summary>What delivery writes to the log (event ids 1100-1199).</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(1100, LogLevel.Warning, "The log could not be read; asking again")]
    public static partial void ReadFailed(ILogger logger, Exception exception);

    [LoggerMessage(1101, LogLevel.Warning, "The bell is silent: delivery to other replicas goes by the sweep until Redis answers again")]
    public static partial void BellSilent(ILogger logger);

    [LoggerMessage(1102, LogLevel.Information, "The bell rings")]
    public static partial void BellRings(ILogger logger);

    [LoggerMessage(1103, LogLevel.Warning, "The heads could not be compared; trying again at the next sweep")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(1104, LogLevel.Warning, "An unreadable call of the bell was left out; the sweep finds what it announced")]
    public static partial void CallUnreadable(ILogger logger, Exception exception);

    [LoggerMessage(1105, LogLevel.Debug, "Redis did not take the subscription; trying again")]
    public static partial void SubscribeFailed(ILogger logger, Exception exception);

    [LoggerMessage(1106, LogLevel.Information, "A connection of user {UserId} was cut off: a write to it did not move")]
    public static partial void CutOffAsStuck(ILogger logger, long userId);

    [LoggerMessage(1107, LogLevel.Debug, "A connection of user {UserId} ended while it was written to")]
    public static partial void WriteFailed(ILogger logger, long userId, Exception exception);

    [LoggerMessage(1108, LogLevel.Warning, "Room {RoomId} could not be caught up for user {UserId}; the connection is closed to come back")]
    public static partial void CatchUpFailed(ILogger logger, long roomId, long userId, Exception exception);

    [LoggerMessage(1109, LogLevel.Error, "The event with seq {Seq} could not be shown to everybody")]
    public static partial void DeliverFailed(ILogger logger, long seq, Exception exception);

    [LoggerMessage(1110, LogLevel.Warning, "Presence could not be written or read; trying again")]
    public static partial void PresenceFailed(ILogger logger, Exception exception);

    [LoggerMessage(1111, LogLevel.Information, "Asked to stop: {Connections} connections are asked to go to another replica")]
    public static partial void Draining(ILogger logger, int connections);

    [LoggerMessage(1112, LogLevel.Warning, "{Connections} connections did not go in time and are cut off")]
    public static partial void CutOff(ILogger logger, int connections);

    [LoggerMessage(1113, LogLevel.Error, "The bell could not be rung; the other replicas find what was committed by their sweep")]
    public static partial void RingFailed(ILogger logger, Exception exception);

    [LoggerMessage(1114, LogLevel.Information, "A connection of user {UserId} is told to come back: {Frames} frames ({Bytes} bytes) waited for it, and the next had no place")]
    public static partial void QueueFull(ILogger logger, long userId, int frames, int bytes);

    [LoggerMessage(1119, LogLevel.Warning, "Whether expired logins were renewed could not be read; trying again")]
    public static partial void ExpiryUnread(ILogger logger, Exception exception);
}
