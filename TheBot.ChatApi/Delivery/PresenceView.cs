using TheBot.Data.Presence;

namespace TheBot.ChatApi.Delivery;

/// <summary>What people who are connected here have been told of who is in their rooms; tells them the difference. For one caller at a time.</summary>
internal sealed class PresenceView(PresenceTable table, Feeds feeds)
{
    private const int RoomsAtOnce = 1_000;

    private readonly Dictionary<long, Dictionary<long, EphemeralPerson>> _told = [];

    /// <summary>Whether somebody who is not in the table is taken to have left; false = tell only of those who came.</summary>
    public bool BelievesAbsence { get; set; }

    /// <summary>Forgets the rooms that nobody here follows any more; those that are left, and all that are followed.</summary>
    public IEnumerable<long> Trim()
    {
        foreach (var room in _told.Keys.Where(room => !feeds.IsFollowed(room)).ToList()) _told.Remove(room);
        return feeds.RoomIds;
    }

    /// <summary>Rooms that are new here begin with who is in them now, of which nobody is told: it is no news to those who were there.</summary>
    public async Task BeginAsync(IEnumerable<long> rooms, CancellationToken cancellationToken)
    {
        foreach (var fresh in rooms.Where(room => !_told.ContainsKey(room) && feeds.IsFollowed(room)).Chunk(RoomsAtOnce))
        {
            var here = (await table.ReadAsync(fresh, cancellationToken).ConfigureAwait(false)).ToLookup(p => p.RoomId);
            foreach (var room in fresh) _told[room] = here[room].ToDictionary(p => p.UserId, PersonOf);
        }
    }

    /// <summary>Reads rooms again, and tells those who follow them who came and who went.</summary>
    public async Task TellAsync(IEnumerable<long> rooms, CancellationToken cancellationToken)
    {
        foreach (var known in rooms.Where(_told.ContainsKey).Chunk(RoomsAtOnce))
        {
            var here = (await table.ReadAsync(known, cancellationToken).ConfigureAwait(false)).ToLookup(p => p.RoomId);
            foreach (var room in known) Tell(room, here[room].ToDictionary(p => p.UserId, PersonOf));
        }
    }

    private void Tell(long room, Dictionary<long, EphemeralPerson> here)
    {
        var told = _told[room];
        if (BelievesAbsence)
        {
            foreach (var gone in told.Values.Where(person => !here.ContainsKey(person.Id)).ToList())
            {
                told.Remove(gone.Id);
                feeds.Pass(new Ephemeral(room, EphemeralKind.Left, gone));
            }
        }

        foreach (var come in here.Values)
        {
            if (told.TryAdd(come.Id, come)) feeds.Pass(new Ephemeral(room, EphemeralKind.Joined, come));
        }
    }

    private static EphemeralPerson PersonOf(PresentPerson person) => new(person.UserId, person.Username, person.FirstName, person.LastName, person.Role);
}
