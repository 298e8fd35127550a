using System.Text.Json;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Repairs of one log, and of what must agree with it. Each answers what is needed to take it back, or null where there is nothing to do.</summary>
internal static class LogRepairs
{
    /// <summary>More than this is no lost line but a wrong head, and somebody should look before it becomes history.</summary>
    private const long MostLines = 100_000;

    /// <summary>
    /// $1 room. A lost line is written again where its message tells it; where nothing does, the line says what the room is, which is true and
    /// changes nothing. Numbers that were given out are never given out again.
    /// </summary>
    private const string FillRoomLog =
        $"""
        WITH room AS MATERIALIZED (
            SELECT id, head_seq, greatest(head_seq, coalesce((SELECT max(seq) FROM room_events WHERE room_id = $1), 0)) AS end_seq FROM rooms WHERE id = $1
        ),
        missing AS (
            SELECT s.seq FROM room CROSS JOIN generate_series(1, room.end_seq) AS s (seq)
            WHERE NOT EXISTS (SELECT FROM room_events e WHERE e.room_id = $1 AND e.seq = s.seq)
        ),
        filled AS (
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, data, created_at)
            SELECT $1, missing.seq, CASE WHEN m.id IS NULL THEN 20 ELSE 1 END, m.id, m.sender_id, CASE WHEN m.id IS NULL THEN {RepairStep.RoomData} END,
                coalesce(m.created_at, (SELECT e.created_at FROM room_events e WHERE e.room_id = $1 AND e.seq < missing.seq ORDER BY e.seq DESC LIMIT 1), r.created_at)
            FROM missing
            JOIN rooms r ON r.id = $1
            LEFT JOIN messages m ON m.room_id = $1 AND m.seq = missing.seq
            RETURNING seq
        ),
        head AS (UPDATE rooms SET head_seq = room.end_seq FROM room WHERE rooms.id = room.id)
        SELECT jsonb_build_object('room', $1, 'head', room.head_seq, 'end', room.end_seq, 'filled', (SELECT coalesce(jsonb_agg(seq), '[]') FROM filled))::text FROM room
        """;

    /// <summary>$1 person. A lost line of theirs becomes one that is true for everybody: the general room is theirs.</summary>
    private const string FillUserLog =
        """
        WITH log AS MATERIALIZED (
            SELECT h.head_seq, greatest(h.head_seq, coalesce((SELECT max(seq) FROM user_events WHERE user_id = $1), 0)) AS end_seq FROM user_heads h WHERE h.user_id = $1
        ),
        general AS (SELECT min(id) AS id FROM rooms WHERE kind = 'general'),
        filled AS (
            INSERT INTO user_events (user_id, seq, kind, room_id, created_at)
            SELECT $1, s.seq, CASE WHEN general.id IS NULL THEN 2 ELSE 1 END, coalesce(general.id, 0), clock_timestamp()
            FROM log CROSS JOIN general CROSS JOIN generate_series(1, log.end_seq) AS s (seq)
            WHERE NOT EXISTS (SELECT FROM user_events e WHERE e.user_id = $1 AND e.seq = s.seq)
            RETURNING seq
        ),
        head AS (UPDATE user_heads SET head_seq = log.end_seq FROM log WHERE user_id = $1)
        SELECT jsonb_build_object('user', $1, 'head', log.head_seq, 'end', log.end_seq, 'filled', (SELECT coalesce(jsonb_agg(seq), '[]') FROM filled))::text FROM log
        """;

    public static async Task<object?> FillRoomAsync(RepairStep step, long roomId)
    {
        await step.LockAsync(roomId).ConfigureAwait(false);
        var found = await step.QueryAsync(
            $"SELECT greatest(head_seq, top) - lines FROM ({DoctorSql.BrokenRoomLogs}) AS b (id, head_seq, top, lines) WHERE id = $1", row => row.GetInt64(0), roomId).ConfigureAwait(false);
        if (found is not [var missing]) return null;
        Require(missing, $"room {roomId}");
        return Document(await step.JsonAsync(FillRoomLog, roomId).ConfigureAwait(false));
    }

    public static async Task<object?> FillUserAsync(RepairStep step, long userId)
    {
        await step.ExecuteAsync("INSERT INTO user_heads (user_id, head_seq) VALUES ($1, 0) ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq", userId).ConfigureAwait(false);
        var found = await step.QueryAsync(
            $"SELECT greatest(head_seq, top) - lines FROM ({DoctorSql.BrokenUserLogs}) AS b (id, head_seq, top, lines) WHERE id = $1", row => row.GetInt64(0), userId).ConfigureAwait(false);
        if (found is not [var missing]) return null;
        Require(missing, $"person {userId}");
        return Document(await step.JsonAsync(FillUserLog, userId).ConfigureAwait(false));
    }

    /// <summary>Messages of a room that its log does not have where they say: they get new places at its end.</summary>
    public static async Task<object?> RelogAsync(RepairStep step, long roomId)
    {
        await step.LockAsync(roomId).ConfigureAwait(false);
        var undo = await step.JsonAsync(
            $"SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'seq', seq)), '[]')::text FROM ({DoctorSql.UnloggedMessages}) AS m WHERE room_id = $1", roomId).ConfigureAwait(false);
        if (undo == "[]") return null;
        var head = (await step.QueryAsync("SELECT head_seq FROM rooms WHERE id = $1", row => row.GetInt64(0), roomId).ConfigureAwait(false))[0];
        await step.AppendAsync(
            roomId,
            $"""
            SELECT row_number() OVER (ORDER BY m.seq, m.id), 1, m.id, s.sender_id, NULL, NULL
            FROM ({DoctorSql.UnloggedMessages}) AS m JOIN messages s ON s.id = m.id
            WHERE m.room_id = $1
            """,
            roomId).ConfigureAwait(false);
        await step.ExecuteAsync(
            "UPDATE messages SET seq = e.seq FROM room_events e WHERE e.room_id = $1 AND e.seq > $2 AND e.kind = 1 AND e.message_id = messages.id", roomId, head).ConfigureAwait(false);
        return new { room = roomId, messages = Document(undo) };
    }

    /// <summary>Messages of a room that answer one which is not there: they answer nothing, and everybody is told.</summary>
    public static async Task<object?> CutRepliesAsync(RepairStep step, long roomId)
    {
        await step.LockAsync(roomId).ConfigureAwait(false);
        var undo = await step.JsonAsync(
            $"SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'reply_to', reply_to)), '[]')::text FROM ({DoctorSql.StrayReplies}) AS m WHERE room_id = $1", roomId).ConfigureAwait(false);
        if (undo == "[]") return null;
        await step.AppendAsync(
            roomId, $"SELECT row_number() OVER (ORDER BY id), 2, id, NULL, NULL, NULL FROM ({DoctorSql.StrayReplies}) AS m WHERE room_id = $1", roomId).ConfigureAwait(false);
        await step.ExecuteAsync(
            $"UPDATE messages SET reply_to = NULL WHERE id IN (SELECT id FROM ({DoctorSql.StrayReplies}) AS m WHERE room_id = $1)", roomId).ConfigureAwait(false);
        return new { room = roomId, messages = Document(undo) };
    }

    /// <summary>Members of a room whose access its log does not tell: the log is told, and they are.</summary>
    public static async Task<object?> TellMembersAsync(RepairStep step, long roomId)
    {
        await step.LockAsync(roomId).ConfigureAwait(false);
        const string Here = $"SELECT user_id, is_in FROM ({DoctorSql.UnloggedMembers}) AS m (room_id, user_id, is_in) WHERE room_id = $1";
        var people = await step.QueryAsync(Here, row => (User: row.GetInt64(0), roomId, Added: row.GetBoolean(1)), roomId).ConfigureAwait(false);
        if (people.Count == 0) return null;
        await step.AppendAsync(
            roomId,
            $"""
            SELECT row_number() OVER (ORDER BY m.user_id), CASE WHEN m.is_in THEN 10 ELSE 11 END, NULL, NULL, m.user_id, {RepairStep.MemberData}
            FROM ({Here}) AS m JOIN users u ON u.id = m.user_id
            """,
            roomId).ConfigureAwait(false);
        await step.TellAsync(people).ConfigureAwait(false);
        return new { room = roomId, people = people.Select(p => p.User) };
    }

    /// <summary>Rows that belong to no message, and pins that lie in another room than their message.</summary>
    public static async Task<object?> RemoveOrphansAsync(RepairStep step)
    {
        var removed = new Dictionary<string, object>();
        foreach (var table in DoctorSql.OfMessages)
        {
            var rows = await step.JsonAsync(
                $"""
                WITH gone AS (DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM messages m WHERE m.id = t.message_id) RETURNING *)
                SELECT coalesce(jsonb_agg(to_jsonb(gone)), '[]')::text FROM gone
                """).ConfigureAwait(false);
            if (rows != "[]") removed.Add(table, Document(rows));
        }

        var pins = await step.JsonAsync(
            """
            WITH stray AS MATERIALIZED (SELECT p.message_id, p.room_id, m.room_id AS home FROM pins p JOIN messages m ON m.id = p.message_id WHERE m.room_id <> p.room_id),
            moved AS (UPDATE pins SET room_id = stray.home FROM stray WHERE pins.message_id = stray.message_id)
            SELECT coalesce(jsonb_agg(to_jsonb(stray)), '[]')::text FROM stray
            """).ConfigureAwait(false);
        return removed.Count == 0 && pins == "[]" ? null : new { removed, pins = Document(pins) };
    }

    /// <summary>Positions beyond the log's end come back to it.</summary>
    public static async Task<object?> PullPositionsAsync(RepairStep step)
    {
        var undo = await step.JsonAsync(
            """
            WITH beyond AS MATERIALIZED (
                SELECT m.room_id, m.user_id, m.read_seq, m.visible_from_seq, r.head_seq
                FROM room_members m JOIN rooms r ON r.id = m.room_id
                WHERE m.read_seq > r.head_seq OR m.visible_from_seq > r.head_seq
            ),
            pulled AS (
                UPDATE room_members m SET read_seq = least(m.read_seq, b.head_seq), visible_from_seq = least(m.visible_from_seq, b.head_seq)
                FROM beyond b
                WHERE m.room_id = b.room_id AND m.user_id = b.user_id
            )
            SELECT coalesce(jsonb_agg(to_jsonb(beyond)), '[]')::text FROM beyond
            """).ConfigureAwait(false);
        return undo == "[]" ? null : Document(undo);
    }

    /// <summary>Leases that nobody renews, with the presence that hangs on them.</summary>
    public static async Task<object?> EndLeasesAsync(RepairStep step)
    {
        var ended = await step.ExecuteAsync($"DELETE FROM replicas WHERE id IN (SELECT id FROM replicas WHERE {DoctorSql.StaleLease} FOR UPDATE SKIP LOCKED)").ConfigureAwait(false);
        return ended == 0 ? null : new { ended };
    }

    private static JsonElement Document(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    private static void Require(long missing, string whose)
    {
        if (missing > MostLines) throw new VerbFailure($"the log of {whose} lacks {missing} lines: its head is wrong, look at it by hand before anything is written after it");
    }
}
