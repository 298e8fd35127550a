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
/// <param name="IsPresence">Joined and left; otherwise typing and no longer typing.</param>
/// <param name="UserId">The person.</param>
internal sealed record HintKey(long RoomId, bool IsPresence, long UserId);
