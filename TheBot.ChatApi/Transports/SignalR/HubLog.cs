namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>What the hub writes to the log (event ids 1200-1299).</summary>
internal static partial class HubLog
{
    [LoggerMessage(1201, LogLevel.Warning, "{Method} was refused: the database does not answer")]
    public static partial void DatabaseAway(ILogger logger, string method, Exception exception);

    [LoggerMessage(1202, LogLevel.Error, "{Method} failed")]
    public static partial void CallFailed(ILogger logger, string method, Exception exception);
}
