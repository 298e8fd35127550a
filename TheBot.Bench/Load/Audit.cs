using Npgsql;

namespace TheBot.Bench.Load;

/// <summary>What the promise came to: every stored message at every member once, in the order in which the history shows them.</summary>
/// <param name="Lost">Stored, and not at some member.</param>
/// <param name="Doubled">Twice at some member.</param>
/// <param name="Inverted">At some member in another order than in the room's log.</param>
/// <param name="Unstored">Echoed to its sender, and not in the database.</param>
/// <param name="Unechoed">In the database, and not echoed to its sender.</param>
/// <param name="Gaps">Rooms whose seqs are not one after the other.</param>
internal sealed record Audit(long Lost, long Doubled, long Inverted, long Unstored, long Unechoed, long Gaps)
{
    private const string Stored = "SELECT room_id, content FROM messages WHERE content LIKE $1 ORDER BY room_id, seq";

    private const string WithGaps =
        """
        SELECT count(*)
        FROM rooms r
        LEFT JOIN LATERAL (SELECT count(*) AS lines, coalesce(max(seq), 0) AS last FROM room_events e WHERE e.room_id = r.id) AS log ON true
        WHERE r.head_seq <> log.lines OR r.head_seq <> log.last
        """;

    public bool IsClean => this is { Lost: 0, Doubled: 0, Inverted: 0, Unstored: 0, Unechoed: 0, Gaps: 0 };

    public override string ToString() => IsClean ? "clean" : $"LOST {Lost} DOUBLED {Doubled} INVERTED {Inverted} UNSTORED {Unstored} UNECHOED {Unechoed} GAPS {Gaps}";

    public static async Task<Audit> OfAsync(string database, Tag tag, IReadOnlyList<LoadClient> clients)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var logs = new Dictionary<long, List<long>>();
        await using (var command = new NpgsqlCommand(Stored, connection) { CommandTimeout = 300 })
        {
            command.Parameters.AddWithValue(tag.Pattern);
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                if (!logs.TryGetValue(rows.GetInt64(0), out var log)) logs[rows.GetInt64(0)] = log = [];
                log.Add(Tag.KeyOf(rows.GetString(1)));
            }
        }

        await using var gaps = new NpgsqlCommand(WithGaps, connection) { CommandTimeout = 300 };
        var audit = new Audit(0, 0, 0, 0, 0, (long)(await gaps.ExecuteScalarAsync())!);
        foreach (var room in clients.GroupBy(client => client.Seat.Room)) audit = audit.With(logs.GetValueOrDefault(room.Key) ?? [], [.. room]);
        return audit;
    }

    private Audit With(List<long> log, LoadClient[] members)
    {
        var place = new Dictionary<long, int>(log.Count);
        foreach (var key in log) place[key] = place.Count;
        var sum = this with { Doubled = Doubled + log.Count - place.Count };
        var senders = members.Where(member => member.Seat.Sender >= 0).ToDictionary(member => member.Seat.Sender);
        foreach (var member in members)
        {
            var seen = new HashSet<long>();
            var last = -1;
            foreach (var key in member.Heard)
            {
                var isEcho = Tag.SenderOf(key) == member.Seat.Sender;
                if (!seen.Add(key)) sum = sum with { Doubled = sum.Doubled + 1 };
                else if (!place.TryGetValue(key, out var at)) sum = isEcho ? sum with { Unstored = sum.Unstored + 1 } : sum;
                else if (at < last) sum = sum with { Inverted = sum.Inverted + 1 };
                else last = at;
            }

            sum = sum with
            {
                Lost = sum.Lost + place.Keys.Count(key => !seen.Contains(key)),
                Unechoed = sum.Unechoed + place.Keys.Count(key => Tag.SenderOf(key) == member.Seat.Sender && !seen.Contains(key)),
            };
        }

        return sum with { Unstored = sum.Unstored + place.Keys.Count(key => !senders.ContainsKey(Tag.SenderOf(key))) };
    }
}
