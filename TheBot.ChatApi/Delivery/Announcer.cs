using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Messages;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Delivery;

/// <summary>What was committed here goes to this replica's feeds at once, and to the others by the bell.</summary>
internal sealed class Announcer(Feeds feeds, Bell bell) : ICommittedEvents, IReadMarkerListener
{
    public void Announce(Committed committed)
    {
        feeds.Offer(committed);
        bell.Ring(committed);
    }

    public void Announce(Ephemeral ephemeral)
    {
        feeds.Pass(ephemeral);
        bell.Ring(ephemeral);
    }

    public void Announce(long roomId, Identity reader, long seq) => Announce(new Ephemeral(
        roomId, EphemeralKind.Read, new EphemeralPerson(reader.UserId, reader.Username, reader.FirstName, reader.LastName, reader.Role), seq));
}
