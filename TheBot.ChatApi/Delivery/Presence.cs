namespace TheBot.ChatApi.Delivery;

/// <summary>Who is in which room through this replica: a person joins with their first connection and leaves with their last.</summary>
internal sealed class Presence(Announcer announcer)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long RoomId, long UserId), int> _connections = [];

    public void Enter(long roomId, EphemeralPerson who)
    {
        lock (_gate)
        {
            _connections.TryGetValue((roomId, who.Id), out var count);
            _connections[(roomId, who.Id)] = count + 1;
            if (count > 0) return;
        }

        announcer.Announce(new Ephemeral(roomId, EphemeralKind.Joined, who));
    }

    public void Leave(long roomId, EphemeralPerson who)
    {
        lock (_gate)
        {
            var left = _connections[(roomId, who.Id)] - 1;
            if (left > 0)
            {
                _connections[(roomId, who.Id)] = left;
                return;
            }

            _connections.Remove((roomId, who.Id));
        }

        announcer.Announce(new Ephemeral(roomId, EphemeralKind.TypingStopped, who));
        announcer.Announce(new Ephemeral(roomId, EphemeralKind.Left, who));
    }
}
