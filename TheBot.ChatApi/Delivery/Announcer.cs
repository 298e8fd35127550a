using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Messages;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>What was committed here goes to this replica's feeds at once, and to the others by the bell.</summary>
internal sealed class Announcer(Feeds feeds, TypingHints typing, Bell bell, ILogger<Announcer> logger) : ICommittedEvents, IReadMarkerListener
{
    public void Announce(Committed committed)
    {
        feeds.Offer(committed);
        try
        {
            bell.Ring(committed);
        }
        catch (Exception e)
        {
            // what is committed is committed, whatever becomes of the call: whoever announces must go on
            DeliveryLog.RingFailed(logger, e);
        }
    }

    public void Announce(long roomId, Identity reader, long seq)
    {
        var read = new Ephemeral(roomId, EphemeralKind.Read, EphemeralPerson.Of(reader), seq);
        feeds.Pass(read);
        bell.Ring(read);
    }

    /// <summary>A connection types in a room, or types no longer. Its own calls come one after the other.</summary>
    public void Typing(LiveConnection connection, long roomId, bool isTyping)
    {
        if (isTyping) connection.TypingIn.TryAdd(roomId, true);
        else if (!connection.TypingIn.TryRemove(roomId, out _)) return;
        var hint = new Ephemeral(roomId, isTyping ? EphemeralKind.Typing : EphemeralKind.TypingStopped, connection.Person);
        if (typing.Say(hint)) bell.Ring(hint);
    }

    /// <summary>The connection is over: it types nowhere.</summary>
    public void TypingEnds(LiveConnection connection)
    {
        foreach (var room in connection.TypingIn.Keys) Typing(connection, room, isTyping: false);
    }
}
