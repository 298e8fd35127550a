namespace TheBot.ChatApi.Delivery;

/// <summary>Something ready to be written to a connection; one instance serves all connections of a dialect.</summary>
/// <param name="Size">Bytes it takes in a queue.</param>
/// <param name="Hint">Set where it may be left out when the reader is slow (typing, presence): what a newer one of the same key replaces.</param>
internal abstract record OutFrame(int Size, HintKey? Hint)
{
    public bool IsEphemeral => Hint is not null;
}

/// <summary>What an ephemeral is about: of several that wait with the same key only the newest is worth telling.</summary>
/// <param name="RoomId">The room.</param>
/// <param name="UserId">The person.</param>
/// <param name="Family">Which of the things that are told of people.</param>
internal sealed record HintKey(long RoomId, long UserId, HintFamily Family);

/// <summary>Ephemerals that take each other's place.</summary>
internal enum HintFamily
{
    /// <summary>Typing, and no longer.</summary>
    Typing,

    /// <summary>Joined, and left.</summary>
    Presence,

    /// <summary>Read up to a seq.</summary>
    Read,

    /// <summary>What somebody has begun to write.</summary>
    Draft,
}
