namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What the raw sockets write to the log (event ids 1200-1299).</summary>
internal static partial class SocketLog
{
    [LoggerMessage(1200, LogLevel.Warning, "The heads could not be read; the heartbeat goes out without them")]
    public static partial void HeadsUnread(ILogger logger, Exception exception);
}
