namespace TheBot.ChatApi.Messages;

/// <summary>What the message path writes to the log (event ids 1000-1099).</summary>
internal static partial class MessageLog
{
    [LoggerMessage(1000, LogLevel.Warning, "A batch of {Messages} messages was not answered by the database (attempt {Attempt}); it is written again")]
    public static partial void BatchRetried(ILogger logger, int messages, int attempt, Exception exception);

    [LoggerMessage(1001, LogLevel.Error, "A batch of {Messages} messages failed for a reason that writing again does not mend")]
    public static partial void BatchFailed(ILogger logger, int messages, Exception exception);

    [LoggerMessage(1002, LogLevel.Warning, "The database refused a message (SQLSTATE {SqlState}) for room {RoomId}")]
    public static partial void DraftRefused(ILogger logger, string sqlState, long roomId);

    [LoggerMessage(1003, LogLevel.Error, "The answer to a message for room {RoomId} could not be handed to its sender")]
    public static partial void AnswerFailed(ILogger logger, long roomId, Exception exception);

    [LoggerMessage(1004, LogLevel.Warning, "Stopped with {Messages} messages unanswered: nobody knows whether they are stored until they are sent again")]
    public static partial void StoppedUnanswered(ILogger logger, int messages);

    [LoggerMessage(1005, LogLevel.Error, "A batch was stored and could not be measured")]
    public static partial void NotMeasured(ILogger logger, Exception exception);

    [LoggerMessage(1006, LogLevel.Error, "{Messages} messages were answered and could not be announced; the sweep finds what is new")]
    public static partial void NotAnnounced(ILogger logger, int messages, Exception exception);

    [LoggerMessage(1010, LogLevel.Warning, "A change in room {RoomId} was not answered by the database (attempt {Attempt}); it is asked for again")]
    public static partial void ActionRetried(ILogger logger, long roomId, int attempt, Exception exception);

    [LoggerMessage(1011, LogLevel.Error, "A change in room {RoomId} failed")]
    public static partial void ActionFailed(ILogger logger, long roomId, Exception exception);

    [LoggerMessage(1012, LogLevel.Warning, "The end of room {RoomId}'s log could not be announced; the sweep finds it")]
    public static partial void TailNotRead(ILogger logger, long roomId, Exception exception);
}
