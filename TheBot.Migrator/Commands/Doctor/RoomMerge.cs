using System.Text.Json;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Makes one room of two: everything that the double holds goes to the end of the keeper's log, in the order in which it was said.</summary>
/// <remarks>
/// Messages keep id, author, words and times; reactions, edits, pins, threads and replies follow by the id. What was read stays read. The double
/// stays as a closed group with nobody in it and its old log, so that the merge can be taken back. Members of forum rooms follow from the
/// roster; what else somebody was a member for goes to the keeper.
/// </remarks>
internal static class RoomMerge
{
    public const string Kind = "merge";

    // $1 keeper, $2 double, in all of these
    private const string State =
        $"""
        SELECT jsonb_build_object(
            'keeper', $1, 'double', $2, 'kind', d.kind, 'enrollment_id', d.enrollment_id, 'direct_key', d.direct_key, 'writable', d.writable, 'locked', d.locked, 'head', d.head_seq,
            'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'seq', seq, 'client_id', client_id) ORDER BY seq), '[]') FROM messages WHERE room_id = $2),
            'threads', (SELECT coalesce(jsonb_agg(id), '[]') FROM threads WHERE room_id = $2),
            'members', (SELECT coalesce(jsonb_agg(jsonb_build_object('user_id', user_id, 'reasons', reasons)), '[]') FROM room_members WHERE room_id = $2 AND reasons <> ARRAY[]::text[]),
            'gained', (SELECT coalesce(jsonb_agg(jsonb_build_object('user_id', g.user_id, 'had', g.had)), '[]') FROM ({Gained}) AS g))::text
        FROM rooms d
        WHERE d.id = $2
        """;

    /// <summary>Who gets reasons in the keeper: those of the double that do not follow from the roster. Everybody is in the general room anyway.</summary>
    private const string Gained =
        """
        SELECT m.user_id, coalesce(k.reasons, ARRAY[]::text[]) AS had,
            ARRAY(SELECT unnest(k.reasons) UNION SELECT reason FROM unnest(m.reasons) AS reason
                WHERE room.kind NOT IN ('forum_subject', 'forum_tutor') OR (reason NOT IN ('student', 'teacher', 'tutor') AND reason NOT LIKE 'guardian:%') ORDER BY 1) AS has
        FROM room_members m
        JOIN rooms room ON room.id = m.room_id AND room.kind <> 'general'
        LEFT JOIN room_members k ON k.room_id = $1 AND k.user_id = m.user_id
        WHERE m.room_id = $2 AND m.reasons <> ARRAY[]::text[]
          AND EXISTS (SELECT FROM unnest(m.reasons) AS reason
              WHERE NOT reason = ANY (coalesce(k.reasons, ARRAY[]::text[]))
                AND (room.kind NOT IN ('forum_subject', 'forum_tutor') OR (reason NOT IN ('student', 'teacher', 'tutor') AND reason NOT LIKE 'guardian:%')))
        """;

    private const string MoveMembers =
        $"""
        INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq, joined_at)
        SELECT $1, user_id, has, 0, 0, clock_timestamp() FROM ({Gained}) AS g
        ON CONFLICT (room_id, user_id) DO UPDATE SET reasons = excluded.reasons, left_at = NULL
        """;

    /// <summary>In the general room a row is only a read position, and the double may have the only one.</summary>
    private const string MovePositions =
        """
        INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq)
        SELECT $1, m.user_id, ARRAY[]::text[], 0, 0
        FROM room_members m JOIN rooms r ON r.id = m.room_id AND r.kind = 'general'
        WHERE m.room_id = $2
        ON CONFLICT (room_id, user_id) DO NOTHING
        """;

    /// <summary>The keeper's new lines: who joins, then each message (with its deletion, where it is deleted), then the reactions.</summary>
    private const string Events =
        $"""
        SELECT row_number() OVER (ORDER BY part, seq, sub, at, who), kind, message_id, actor_id, subject_id, data
        FROM (
            SELECT 1 AS part, 0 AS seq, 0 AS sub, NULL::timestamptz AS at, g.user_id AS who, 10 AS kind, NULL::bigint AS message_id, NULL::bigint AS actor_id,
                g.user_id AS subject_id, {RepairStep.MemberData} AS data
            FROM ({Gained}) AS g JOIN users u ON u.id = g.user_id
            WHERE g.had = ARRAY[]::text[]
            UNION ALL
            SELECT 2, m.seq, 0, NULL, 0, 1, m.id, m.sender_id, NULL, NULL FROM messages m WHERE m.room_id = $2
            UNION ALL
            SELECT 2, m.seq, 1, NULL, 0, 3, m.id, m.deleted_by, NULL,
                jsonb_build_object('deleted_by_role', CASE WHEN m.deleted_by = m.sender_id THEN 'author' ELSE 'moderator' END)
            FROM messages m WHERE m.room_id = $2 AND m.deleted_at IS NOT NULL
            UNION ALL
            SELECT 3, m.seq, 0, x.created_at, x.user_id, 4, m.id, x.user_id, NULL, jsonb_build_object('emoji', x.emoji)
            FROM reactions x JOIN messages m ON m.id = x.message_id AND m.room_id = $2
        ) AS line
        """;

    /// <summary>A client id that its author used in both rooms becomes one of the server's, which nobody sees.</summary>
    private const string MoveMessages =
        """
        WITH moved AS (
            SELECT m.id, m.seq AS old_seq, e.seq
            FROM messages m
            JOIN room_events e ON e.room_id = $1 AND e.kind = 1 AND e.message_id = m.id
            WHERE m.room_id = $2
        )
        UPDATE messages SET room_id = $1, seq = moved.seq,
            client_id = CASE WHEN EXISTS (
                SELECT FROM messages x WHERE x.room_id = $1 AND x.sender_id = messages.sender_id AND x.client_id = messages.client_id)
                THEN '~merged' || messages.id ELSE messages.client_id END
        FROM moved
        WHERE messages.id = moved.id
        """;

    /// <summary>Old edits are numbered by the double's log: moved below 1 they keep their order and never meet a number of the keeper's.</summary>
    private const string MoveEdits =
        """
        UPDATE message_edits SET seq = message_edits.seq - (SELECT head_seq FROM rooms WHERE id = $2)
        FROM messages m
        WHERE m.id = message_edits.message_id AND m.room_id = $2
        """;

    /// <summary>Whoever had read everything in the keeper has read of the moved messages what they had read in the double; a mute outlives it.</summary>
    private const string MoveReads =
        """
        UPDATE room_members k
        SET muted_until = greatest(k.muted_until, d.muted_until),
            read_seq = CASE
                WHEN EXISTS (
                    SELECT FROM messages x
                    WHERE x.room_id = $1 AND x.seq > k.read_seq AND x.seq <= $3 AND x.sender_id <> k.user_id AND x.deleted_at IS NULL) THEN k.read_seq
                ELSE greatest(k.read_seq, (
                    SELECT max(e.seq) FROM room_events e JOIN room_events was ON was.room_id = $2 AND was.kind = 1 AND was.message_id = e.message_id
                    WHERE e.room_id = $1 AND e.kind = 1 AND e.seq > $3 AND was.seq <= d.read_seq))
            END
        FROM room_members d
        WHERE d.room_id = $2 AND k.room_id = $1 AND k.user_id = d.user_id
        """;

    private const string CloseDouble =
        """
        UPDATE rooms SET kind = 'group', enrollment_id = NULL, direct_key = NULL, writable = false, locked = true WHERE id = $2
        """;

    private const string Removals =
        $"""
        SELECT row_number() OVER (ORDER BY kind, subject_id), kind, NULL, NULL, subject_id, data
        FROM (
            SELECT 11 AS kind, u.id AS subject_id, {RepairStep.MemberData} AS data
            FROM room_members m JOIN users u ON u.id = m.user_id
            WHERE m.room_id = $1 AND m.reasons <> ARRAY[]::text[]
            UNION ALL
            SELECT 20, NULL, {RepairStep.RoomData} FROM rooms r WHERE r.id = $1
        ) AS line
        """;

    /// <summary>Null where somebody else has seen to it meanwhile.</summary>
    public static async Task<object?> RunAsync(RepairStep step, long keeper, long doubled)
    {
        await step.LockAsync(keeper, doubled).ConfigureAwait(false);
        var still = await step.QueryAsync(DoctorSql.DuplicatesOfTwo, row => (row.GetInt64(0), row.GetInt64(1)), keeper, doubled).ConfigureAwait(false);
        if (!still.Contains((keeper, doubled))) return null;
        var undo = JsonSerializer.Deserialize<JsonElement>(await step.JsonAsync(State, keeper, doubled).ConfigureAwait(false));
        var head = (await step.QueryAsync("SELECT head_seq FROM rooms WHERE id = $1", row => row.GetInt64(0), keeper).ConfigureAwait(false))[0];
        var gained = await step.QueryAsync($"SELECT user_id FROM ({Gained}) AS g WHERE had = ARRAY[]::text[]", row => row.GetInt64(0), keeper, doubled).ConfigureAwait(false);

        await step.AppendAsync(keeper, Events, keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync(MoveMembers, keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync(MovePositions, keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync(MoveEdits, keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync("UPDATE pins SET room_id = $1 WHERE room_id = $2", keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync("UPDATE threads SET room_id = $1 WHERE room_id = $2", keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync(MoveMessages, keeper, doubled).ConfigureAwait(false);
        await step.ExecuteAsync(MoveReads, keeper, doubled, head).ConfigureAwait(false);

        var left = await step.QueryAsync(
            "SELECT user_id FROM room_members WHERE room_id = $1 AND reasons <> ARRAY[]::text[]", row => row.GetInt64(0), doubled).ConfigureAwait(false);
        await step.ExecuteAsync(CloseDouble, keeper, doubled).ConfigureAwait(false);
        await step.AppendAsync(doubled, Removals, doubled).ConfigureAwait(false);
        await step.ExecuteAsync("UPDATE room_members SET reasons = ARRAY[]::text[], left_at = clock_timestamp() WHERE room_id = $1", doubled).ConfigureAwait(false);
        await step.TellAsync([.. gained.Select(user => (user, keeper, true)), .. left.Select(user => (user, doubled, false))]).ConfigureAwait(false);
        return undo;
    }
}
