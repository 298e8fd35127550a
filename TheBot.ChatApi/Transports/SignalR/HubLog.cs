namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>What the hub writes to the log (event ids 1200-1299).</summary>
internal static partial class HubLog
{
    [LoggerMessage(1201, LogLevel.Warning, "{Method} was refused: the database does not answer")]
    public static partial void DatabaseAway(ILogger logger, string method, Exception exception);

    [LoggerMessage(1202, LogLevel.Error, "{Method} failed")]
    public static partial void CallFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(1203, LogLevel.Debug, "Redis does not carry the hub's backplane; a draft, or a connection that joins or leaves, goes without it")]
    public static partial void BackplaneAway(ILogger logger, Exception exception);

    [LoggerMessage(1204, LogLevel.Error, "A hub connection could not be kept in the backplane; it hears no drafts from other replicas")]
    public static partial void BackplaneFailed(ILogger logger, Exception exception);

    [LoggerMessage(1205, LogLevel.Debug, "The caller of {Method} has left")]
    public static partial void CallerLeft(ILogger logger, string method);
}
