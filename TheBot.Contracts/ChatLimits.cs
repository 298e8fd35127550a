namespace TheBot.Contracts;

/// <summary>Limits of the wire that a client can know beforehand. Those that a school may set differently are told on connect.</summary>
public static class ChatLimits
{
    /// <summary>UTF-16 code units of a message after trimming; at least 1.</summary>
    public const int ContentMaxLength = 10_000;

    /// <summary>Characters of a client id, each of <see cref="ClientIdCharacters"/>; at least 1.</summary>
    public const int ClientIdMaxLength = 64;

    /// <summary>What a client id is made of, as between the brackets of a regular expression.</summary>
    public const string ClientIdCharacters = "A-Za-z0-9_.:-";

    /// <summary>A client id as a regular expression, but for its length.</summary>
    public const string ClientIdPattern = $"^[{ClientIdCharacters}]+$";

    /// <summary>UTF-16 code units of a reaction, which is one emoji; families and flags are long.</summary>
    public const int EmojiMaxLength = 32;

    /// <summary>Bytes of one inbound WebSocket message.</summary>
    public const int FrameMaxBytes = 128 * 1024;

    /// <summary>The longest slow mode: seconds between two messages of one member.</summary>
    public const int SlowModeMaxSeconds = 3600;

    /// <summary>UTF-16 code units of a room's name.</summary>
    public const int RoomNameMaxLength = 200;

    /// <summary>UTF-16 code units of a room's description.</summary>
    public const int RoomDescriptionMaxLength = 2000;

    /// <summary>People in one group.</summary>
    public const int GroupMaxMembers = 500;

    /// <summary>Rooms, members or contacts of one page.</summary>
    public const int ListMaxLength = 200;

    /// <summary>Rows of one load of the roster.</summary>
    public const int RosterRowsMax = 10_000;

    /// <summary>Messages of one page of history.</summary>
    public const int PageMaxLength = 100;

    /// <summary>Messages that the seed's dialect sends on connect.</summary>
    public const int HistoryOnConnect = 50;
}
