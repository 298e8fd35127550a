using TheBot.Data.Log;

namespace TheBot.Migrator;

/// <summary>No sockets here: the replicas find in the logs what this process committed.</summary>
internal sealed class NobodyListens : ICommittedEvents
{
    public void Announce(Committed committed) => ArgumentNullException.ThrowIfNull(committed);
}
