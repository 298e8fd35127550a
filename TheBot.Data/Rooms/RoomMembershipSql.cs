namespace TheBot.Data.Rooms;

/// <summary>The statements of <see cref="RoomMembership"/>. As in the roster's: lock first, judge and write with a younger snapshot.</summary>
internal static class RoomMembershipSql
{
    /// <summary>$1 key, $2 who asks, $3 the other. Makes the room only for those who may write to each other; parallel calls make one.</summary>
    public const string CreateDirect =
        """
        INSERT INTO rooms (kind, direct_key, name, created_by, head_seq, writable, locked, slow_mode_seconds)
        SELECT 'direct', $1, left(btrim(a.first_name || ' ' || a.last_name) || ' ↔ ' || btrim(b.first_name || ' ' || b.last_name), 200), $2, 0, true, false, 0
        FROM users a
        JOIN users b ON b.id = $3
        WHERE a.id = $2 AND EXISTS (SELECT FROM user_contacts c WHERE c.user_id = $2 AND c.contact_id = $3)
          AND NOT EXISTS (SELECT FROM rooms WHERE direct_key = $1)
        ON CONFLICT (direct_key) DO NOTHING
        """;

    /// <summary>$1 key.</summary>
    public const string LockDirect = "SELECT id FROM rooms WHERE direct_key = $1 FOR NO KEY UPDATE";

    /// <summary>$1 name, $2 description, $3 who makes it, $4 their name for the call. Answers its id; nobody else knows it yet, so that nobody need wait for it.</summary>
    public const string CreateGroup =
        """
        INSERT INTO rooms (kind, name, description, created_by, client_id, head_seq, writable, locked, slow_mode_seconds)
        SELECT 'group', $1, $2, u.id, $4, 0, true, false, 0
        FROM users u
        WHERE u.id = $3 AND u.is_active AND u.deleted_at IS NULL AND (u.is_administrator OR u.role IN ('teacher', 'tutor'))
        ON CONFLICT (created_by, client_id) WHERE client_id IS NOT NULL DO NOTHING
        RETURNING id
        """;

    /// <summary>$1 key, $2 who asks, $3 the other: both are in it, for ever.</summary>
    public static readonly string JoinDirect = Change(
        room: "direct_key = $1",
        verdict:
            """
            WHEN NOT EXISTS (SELECT FROM user_contacts c WHERE c.user_id = $2 AND c.contact_id = $3) THEN 'not_a_contact'
            """,
        wanted: "SELECT unnest(ARRAY[$2, $3]::bigint[]) AS user_id, true AS is_in");

    /// <summary>$1 room, $2 who asks, $3 whom, $4 people at most. One who may not be added = nobody is.</summary>
    public static readonly string Add = Change(
        room: "id = $1",
        verdict:
            $"""
            WHEN actor.standing IS NULL THEN 'no_access'
            WHEN room.kind <> 'group' OR NOT actor.moderates THEN 'not_moderator'
            {MayCome}
            """,
        wanted: "SELECT DISTINCT unnest($3) AS user_id, true AS is_in");

    /// <summary>$1 room, $2 who asks, $3 whom (one). Everybody may leave; who made the group can only do so themselves.</summary>
    public static readonly string Remove = Change(
        room: "id = $1",
        verdict:
            """
            WHEN actor.standing IS NULL THEN 'no_access'
            WHEN room.kind <> 'group' OR (NOT actor.moderates AND $3[1] <> $2) THEN 'not_moderator'
            WHEN room.created_by = $3[1] AND $3[1] <> $2 THEN 'protected'
            """,
        wanted: "SELECT unnest($3) AS user_id, false AS is_in");

    /// <summary>The first members of a group that was made in this transaction: as <see cref="Add"/>, by a maker who is not in it yet.</summary>
    public static readonly string FillGroup = Change(room: "id = $1", verdict: MayCome, wanted: "SELECT DISTINCT unnest($3) AS user_id, true AS is_in");

    /// <summary>$1 room.</summary>
    public const string Lock = "SELECT id FROM rooms WHERE id = $1 FOR NO KEY UPDATE";

    private const string MayCome =
        """
        WHEN EXISTS (
            SELECT FROM unnest($3) AS asked
            WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = asked AND u.is_active AND u.deleted_at IS NULL)) THEN 'no_such_user'
        WHEN EXISTS (
            SELECT FROM unnest($3) AS asked
            WHERE asked <> $2 AND NOT EXISTS (SELECT FROM user_contacts c WHERE c.user_id = $2 AND c.contact_id = asked)
              AND NOT EXISTS (SELECT FROM room_readers r WHERE r.room_id = $1 AND r.user_id = asked)) THEN 'not_a_contact'
        WHEN (
            SELECT count(*)
            FROM (
                SELECT unnest($3)
                UNION
                SELECT user_id FROM room_members WHERE room_id = $1 AND cardinality(reasons) > 0) AS together) > $4 THEN 'full'
        """;

    /// <summary>
    /// Judges, and where nothing refuses lets the members be as wanted. Answers first the verdict with the room (source v), then what it added
    /// to the logs: r = the room's, u = a person's.
    /// </summary>
    /// <param name="room">Which room.</param>
    /// <param name="verdict">WHEN lines over <c>room</c> and <c>actor</c>.</param>
    /// <param name="wanted">user_id and whether they shall be in.</param>
    private static string Change(string room, string verdict, string wanted) =>
        $"""
        WITH room AS MATERIALIZED (
            SELECT id, kind, created_by, head_seq, greatest(clock_timestamp(), updated_at) AS at FROM rooms WHERE {room}
        ),
        actor AS MATERIALIZED (
            SELECT r.standing, {RoomRightsSql.Moderates} AS moderates
            FROM room
            JOIN room_readers r ON r.room_id = room.id AND r.user_id = $2
            JOIN users u ON u.id = r.user_id
            LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = r.user_id
        ),
        judged AS MATERIALIZED (
            SELECT room.*, CASE
        {verdict}
                ELSE 'ok'
            END AS verdict
            FROM (VALUES (1)) AS one
            LEFT JOIN room ON true
            LEFT JOIN actor ON true
        ),
        change AS MATERIALIZED (
            SELECT j.id AS room_id, j.kind, j.head_seq, j.at, w.user_id, w.is_in, u.first_name, u.last_name, u.role,
                j.head_seq + row_number() OVER (ORDER BY w.user_id) AS seq
            FROM judged j
            CROSS JOIN ({wanted}) AS w
            JOIN users u ON u.id = w.user_id
            LEFT JOIN room_members m ON m.room_id = j.id AND m.user_id = w.user_id
            WHERE j.verdict = 'ok' AND w.is_in <> (coalesce(cardinality(m.reasons), 0) > 0)
        ),
        member AS (
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq, joined_at, left_at)
            SELECT room_id, user_id, CASE WHEN is_in THEN ARRAY['added:' || $2::bigint] ELSE ARRAY[]::text[] END,
                CASE WHEN kind = 'direct' THEN 0 ELSE head_seq END, CASE WHEN kind = 'direct' THEN 0 ELSE head_seq END, at, CASE WHEN NOT is_in THEN at END
            FROM change
            ON CONFLICT (room_id, user_id) DO UPDATE SET
                reasons = excluded.reasons,
                visible_from_seq = CASE WHEN cardinality(excluded.reasons) > 0 THEN excluded.visible_from_seq ELSE room_members.visible_from_seq END,
                joined_at = CASE WHEN cardinality(excluded.reasons) > 0 THEN excluded.joined_at ELSE room_members.joined_at END,
                left_at = excluded.left_at
        ),
        event AS MATERIALIZED (
            SELECT room_id, seq, CASE WHEN is_in THEN 10 ELSE 11 END::smallint AS kind, user_id, at,
                jsonb_build_object('user', jsonb_build_object('id', user_id, 'full_name', btrim(first_name || ' ' || last_name), 'role', role)) AS data
            FROM change
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, actor_id, subject_id, data, created_at)
            SELECT room_id, seq, kind, $2, user_id, data, at FROM event
        ),
        head AS (
            UPDATE rooms SET head_seq = grown.seq, updated_at = grown.at
            FROM (SELECT room_id, max(seq) AS seq, max(at) AS at FROM event GROUP BY room_id) AS grown
            WHERE rooms.id = grown.room_id
        ),
        user_head AS (
            INSERT INTO user_heads (user_id, head_seq)
            SELECT user_id, 1 FROM change ORDER BY user_id
            ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq + 1
            RETURNING user_id, head_seq
        ),
        user_entry AS (
            INSERT INTO user_events (user_id, seq, kind, room_id, created_at)
            SELECT c.user_id, h.head_seq, CASE WHEN c.is_in THEN 1 ELSE 2 END, c.room_id, clock_timestamp()
            FROM change c
            JOIN user_head h ON h.user_id = c.user_id
            RETURNING user_id, seq, kind, room_id
        )
        SELECT 0 AS source, id AS room_id, NULL::bigint AS user_id, 0::bigint AS seq, 0::smallint AS kind, NULL::timestamptz AS at, verdict AS data FROM judged
        UNION ALL
        SELECT 1, room_id, user_id, seq, kind, at, data::text FROM event
        UNION ALL
        SELECT 2, room_id, user_id, seq, kind, NULL, NULL FROM user_entry
        ORDER BY source, seq, user_id
        """;
}
