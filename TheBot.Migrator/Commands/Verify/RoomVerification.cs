using Npgsql;

namespace TheBot.Migrator.Commands.Verify;

/// <summary>Whether each room of the replaced system has become part of a room that it may be part of, and who is in those that the roster says nothing about.</summary>
internal sealed class RoomVerification(VerifySession legacy, VerifySession ours, VerifyReport report, IReadOnlyDictionary<long, long> placeOf)
{
    private readonly Dictionary<long, OurRoom> _rooms = [];
    private readonly Dictionary<string, long> _direct = new(StringComparer.Ordinal);

    /// <summary>Seats that should be in our groups and direct rooms; what is found is taken out.</summary>
    private readonly HashSet<(long Room, long Person)> _seats = [];

    /// <summary>Groups and the room of theirs that is in it: no two become one.</summary>
    private readonly Dictionary<long, long> _groups = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var (id, room, key) in ours.ReadAsync(VerifySql.OurRooms, ReadOurs, cancellationToken).ConfigureAwait(false))
        {
            _rooms.Add(id, room);
            if (key is not null) _direct.Add(key, id);
        }

        await foreach (var room in legacy.ReadAsync(VerifySql.LegacyRooms, ReadTheirs, cancellationToken).ConfigureAwait(false))
        {
            report.Rooms++;
            Judge(room);
        }

        await foreach (var seat in ours.ReadAsync(VerifySql.OurOtherMembers, row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken).ConfigureAwait(false))
        {
            if (_seats.Remove(seat)) report.Members++;
            else report.Add("member", $"user {seat.Item2} in room {seat.Item1} is too much");
        }

        foreach (var (room, person) in _seats) report.Add("member", $"user {person} in room {room} is missing");
    }

    private void Judge(TheirRoom was)
    {
        if (Find(was) is not { } id)
        {
            // without a message and without people of its own nothing of it is lost
            if (!was.Type.StartsWith("forum", StringComparison.Ordinal) && was.People.Length > 0) report.Add("room", $"their room {was.Id} ({was.Type}) is missing");
            return;
        }

        var room = _rooms[id];
        switch (room.Kind)
        {
            case "forum_subject" or "forum_tutor":
                var fits = was.Type == room.Kind
                    && (was.Enrollment is { } enrollment ? room.Enrollment == enrollment : was.Maker == room.Student || was.People.Contains(room.Student ?? 0));
                if (!fits) report.Add("room", $"their room {was.Id} ({was.Type}) is in room {id}, of enrollment {room.Enrollment}");
                break;
            case "general":
                if (was.Type != "general") report.Add("room", $"their room {was.Id} ({was.Type}) is in the general room");
                break;
            default:
                if (was.Enrollment is not null || was.Type == "general") report.Add("room", $"their room {was.Id} ({was.Type}) is in room {id}, a {room.Kind}");
                if (room.Kind == "group" && !_groups.TryAdd(id, was.Id)) report.Add("room", $"their rooms {was.Id} and {_groups[id]} are both in room {id}");
                foreach (var person in was.People) _seats.Add((id, person));
                break;
        }
    }

    /// <summary>Where its messages are; where it has none, the room that has its enrollment, its pair of people or its id.</summary>
    private long? Find(TheirRoom was)
    {
        if (placeOf.TryGetValue(was.Id, out var place)) return place;
        if (was is { Type: "direct", People: [var one, var other] } && _direct.TryGetValue($"{one}:{other}", out var direct)) return direct;
        return _rooms.ContainsKey(was.Id) ? was.Id : null;
    }

    private static (long, OurRoom, string?) ReadOurs(NpgsqlDataReader row) => (
        row.GetInt64(0),
        new OurRoom(row.GetString(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)),
        row.IsDBNull(4) ? null : row.GetString(4));

    private static TheirRoom ReadTheirs(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.GetFieldValue<long[]>(3), row.GetInt64(4));

    private readonly record struct OurRoom(string Kind, long? Enrollment, long? Student);

    private readonly record struct TheirRoom(long Id, string Type, long? Enrollment, long[] People, long Maker);
}
