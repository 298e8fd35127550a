using System.Globalization;
using TheBot.Bench.Servers;

namespace TheBot.Bench.Load;

/// <summary>One member of one room, with one connection.</summary>
/// <param name="Room">Room id.</param>
/// <param name="User">User id.</param>
/// <param name="Replica">Where they are connected.</param>
/// <param name="Sender">Their number among the senders; -1 = they only listen.</param>
internal sealed record Seat(long Room, long User, Uri Replica, int Sender)
{
    /// <summary>What the bench school stores a token of each of its users as: their id with zeros before it.</summary>
    public string Token => TokenOf(User);

    public static string TokenOf(long user) => user.ToString(CultureInfo.InvariantCulture).PadLeft(40, '0');

    /// <summary>Everybody of a workload. Members of one room are spread over the replicas; senders are numbered across the rooms, so that a rate is spread over all of them.</summary>
    public static List<Seat> Of(Workload workload, IReadOnlyList<Uri> replicas, int skippedRooms = 0)
    {
        var seats = new List<Seat>(workload.Connections);
        for (var room = 0; room < workload.Rooms; room++)
        {
            for (var member = 0; member < workload.Members; member++)
            {
                var index = ((skippedRooms + room) * (workload.Members + workload.Absent)) + member;
                seats.Add(new Seat(
                    BenchSchool.FirstRoom + skippedRooms + room,
                    BenchSchool.FirstUser + index,
                    replicas[index % replicas.Count],
                    member < workload.Senders ? (member * workload.Rooms) + room : -1));
            }
        }

        return seats;
    }
}
