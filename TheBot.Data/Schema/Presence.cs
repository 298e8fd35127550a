namespace TheBot.Data.Schema;

/// <summary>A replica of the API that is alive, as far as anybody can know: it renews its lease, by the database's clock.</summary>
/// <remarks>Unlogged, as <see cref="PresenceRow"/>: after a crash of the database both are empty, and each replica writes its own again.</remarks>
public sealed class ReplicaLease
{
    public Guid Id { get; set; }

    /// <summary>From then on nobody is present through this replica, whatever its rows say.</summary>
    public DateTimeOffset LeaseUntil { get; set; }
}

/// <summary>Somebody is in a room through a replica: written with their first connection there, deleted with the last, void when the lease ends.</summary>
public sealed class PresenceRow
{
    public long RoomId { get; set; }
    public long UserId { get; set; }
    public Guid ReplicaId { get; set; }
}
