namespace TheBot.Migrator.Commands.Doctor;

/// <summary>What doctor asks the database. Every check answers rows of (room, detail).</summary>
internal static class DoctorSql
{
    /// <summary>
    /// Rooms that are one room: (keeper, double, why). Forum rooms of one kind and enrollment, also those that lost their link but have the name,
    /// or the student and the teacher, of exactly one enrollment; general rooms; direct rooms of the same two. Kept is the one whose link is whole, the oldest of these.
    /// </summary>
    public static readonly string Duplicates = DuplicatesAmong("true");

    /// <summary>The same of two rooms alone: $1 and $2.</summary>
    public static readonly string DuplicatesOfTwo = DuplicatesAmong("r.id IN ($1, $2)");

    private static string DuplicatesAmong(string condition) =>
        $"""
        WITH lost AS (
            SELECT r.id, k.enrollment_id, r.name = k.name AS same_name, bool_or(r.name = k.name) OVER (PARTITION BY r.id) AS any_same_name
            FROM rooms r
            JOIN rooms k ON k.kind = r.kind AND k.enrollment_id IS NOT NULL
            JOIN enrollments e ON e.id = k.enrollment_id
            WHERE {condition} AND r.kind IN ('forum_subject', 'forum_tutor') AND r.enrollment_id IS NULL
              AND EXISTS (SELECT FROM room_members m WHERE m.room_id = r.id AND m.user_id = e.student_id)
              AND (r.name = k.name OR (r.kind = 'forum_subject' AND EXISTS (
                  SELECT FROM room_members m WHERE m.room_id = r.id AND m.user_id = e.teacher_id)))
        ),
        found AS (
            SELECT id, min(enrollment_id) AS enrollment_id
            FROM lost
            WHERE same_name OR NOT any_same_name
            GROUP BY id
            HAVING count(DISTINCT enrollment_id) = 1
        ),
        pair AS (
            SELECT m.room_id, min(m.user_id) || ':' || max(m.user_id) AS direct_key
            FROM room_members m
            JOIN rooms r ON r.id = m.room_id AND r.kind = 'direct' AND r.direct_key IS NULL
            WHERE {condition}
            GROUP BY m.room_id
            HAVING count(*) = 2
        ),
        keyed AS (
            SELECT r.id, r.enrollment_id IS NULL AND r.direct_key IS NULL AS is_lost,
                CASE r.kind
                    WHEN 'general' THEN 'the general room'
                    WHEN 'direct' THEN 'direct room ' || coalesce(r.direct_key, pair.direct_key)
                    WHEN 'group' THEN NULL
                    ELSE r.kind || ' of enrollment ' || coalesce(r.enrollment_id, found.enrollment_id)
                END AS key
            FROM rooms r
            LEFT JOIN found ON found.id = r.id
            LEFT JOIN pair ON pair.room_id = r.id
            WHERE {condition}
        ),
        ranked AS (SELECT id, key, first_value(id) OVER (PARTITION BY key ORDER BY is_lost, id) AS keeper FROM keyed WHERE key IS NOT NULL)
        SELECT keeper, id, key FROM ranked WHERE id <> keeper ORDER BY id
        """;

    public const string UnloggedMessages =
        """
        SELECT m.room_id, m.id, m.seq
        FROM messages m
        JOIN rooms r ON r.id = m.room_id
        WHERE NOT EXISTS (SELECT FROM room_events e WHERE e.room_id = m.room_id AND e.seq = m.seq AND e.kind = 1 AND e.message_id = m.id)
        """;

    /// <summary>(room, message, what it answers), over all rooms.</summary>
    public const string StrayReplies =
        """
        SELECT m.room_id, m.id, m.reply_to
        FROM messages m
        LEFT JOIN messages answered ON answered.id = m.reply_to
        WHERE m.reply_to IS NOT NULL AND answered.room_id IS DISTINCT FROM m.room_id
        """;

    /// <summary>Members whose access is not what the last event about them says: (room, person, is in).</summary>
    public const string UnloggedMembers =
        """
        SELECT m.room_id, m.user_id, cardinality(m.reasons) > 0
        FROM room_members m
        LEFT JOIN LATERAL (
            SELECT kind FROM room_events e
            WHERE e.room_id = m.room_id AND e.subject_id = m.user_id AND e.kind IN (10, 11)
            ORDER BY e.seq DESC
            LIMIT 1) AS last ON true
        WHERE (cardinality(m.reasons) > 0) IS DISTINCT FROM coalesce(last.kind = 10, false)
        """;

    /// <summary>Rooms whose log is not 1..head: (room, head, newest line, lines).</summary>
    public const string BrokenRoomLogs =
        """
        SELECT r.id, r.head_seq, coalesce(log.top, 0), coalesce(log.lines, 0)
        FROM rooms r
        LEFT JOIN (SELECT room_id, max(seq) AS top, count(*) AS lines FROM room_events GROUP BY room_id) AS log ON log.room_id = r.id
        WHERE r.head_seq <> coalesce(log.top, 0) OR r.head_seq <> coalesce(log.lines, 0)
        """;

    /// <summary>The same of people's logs.</summary>
    public const string BrokenUserLogs =
        """
        SELECT coalesce(h.user_id, log.user_id), coalesce(h.head_seq, 0), coalesce(log.top, 0), coalesce(log.lines, 0)
        FROM user_heads h
        FULL JOIN (SELECT user_id, max(seq) AS top, count(*) AS lines FROM user_events GROUP BY user_id) AS log ON log.user_id = h.user_id
        WHERE coalesce(h.head_seq, 0) <> coalesce(log.top, 0) OR coalesce(h.head_seq, 0) <> coalesce(log.lines, 0)
        """;

    /// <summary>The tables whose rows belong to a message.</summary>
    public static readonly string[] OfMessages = ["reactions", "message_edits", "pins", "attachments"];

    public static readonly (string Name, string Sql, bool Repairable)[] Checks =
    [
        ("duplicate_rooms", $"SELECT id, key || ' is also room ' || keeper FROM ({Duplicates}) AS d", true),
        ("rooms_without_enrollment",
            $"""
            SELECT r.id, r.kind || ' of no enrollment: ' || r.name
            FROM rooms r
            WHERE r.kind IN ('forum_subject', 'forum_tutor') AND r.enrollment_id IS NULL AND r.id NOT IN (SELECT id FROM ({Duplicates}) AS d)
            """, false),
        ("seq_gaps", $"SELECT id, greatest(head_seq, top) - lines || ' lines of the log are missing' FROM ({BrokenRoomLogs}) AS b (id, head_seq, top, lines) WHERE greatest(head_seq, top) > lines", true),
        ("head_mismatch", $"SELECT id, 'head is ' || head_seq || ', the newest line is ' || top FROM ({BrokenRoomLogs}) AS b (id, head_seq, top, lines) WHERE head_seq <> top", true),
        ("user_logs", $"SELECT NULL::bigint, 'log of person ' || id || ': head ' || head_seq || ', newest line ' || top || ', lines ' || lines FROM ({BrokenUserLogs}) AS b (id, head_seq, top, lines)", true),
        ("messages_not_in_log", $"SELECT room_id, 'message ' || id || ' has no line' FROM ({UnloggedMessages}) AS m", true),
        ("members_not_as_logged", $"SELECT room_id, 'person ' || user_id || ' is ' || CASE WHEN is_in THEN 'in' ELSE 'out' END || ', the log says otherwise' FROM ({UnloggedMembers}) AS m (room_id, user_id, is_in)", true),
        ("replies_across_rooms", $"SELECT room_id, 'message ' || id || ' answers ' || reply_to || ', which is not in this room' FROM ({StrayReplies}) AS m", true),
        ("orphans", string.Join(
            "\nUNION ALL\n",
            [
                .. OfMessages.Select(table => $"SELECT NULL::bigint, '{table} of message ' || message_id || ', which is not there' FROM {table} t WHERE NOT EXISTS (SELECT FROM messages m WHERE m.id = t.message_id)"),
                "SELECT p.room_id, 'pin of message ' || m.id || ', which is in room ' || m.room_id FROM pins p JOIN messages m ON m.id = p.message_id WHERE m.room_id <> p.room_id",
            ]), true),
        ("orphans_without_room",
            """
            SELECT DISTINCT room_id, 'messages of a room that is not there' FROM messages m WHERE NOT EXISTS (SELECT FROM rooms r WHERE r.id = m.room_id)
            UNION ALL
            SELECT DISTINCT room_id, 'a log of a room that is not there' FROM room_events e WHERE NOT EXISTS (SELECT FROM rooms r WHERE r.id = e.room_id)
            UNION ALL
            SELECT room_id, 'message ' || id || ' of person ' || sender_id || ', who is not there' FROM messages m WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = m.sender_id)
            """, false),
        ("positions_beyond_log",
            """
            SELECT m.room_id, 'person ' || m.user_id || ' has read up to ' || m.read_seq || ' and sees from ' || m.visible_from_seq || ', the log ends at ' || r.head_seq
            FROM room_members m
            JOIN rooms r ON r.id = m.room_id
            WHERE m.read_seq > r.head_seq OR m.visible_from_seq > r.head_seq
            """, true),
        ("stale_leases", $"SELECT NULL::bigint, 'replica ' || id || ' ended at ' || lease_until FROM replicas WHERE {StaleLease}", true),
    ];

    /// <summary>Live replicas do away with ended leases within seconds; one that is older lies where nobody runs.</summary>
    public const string StaleLease = "lease_until < now() - interval '1 minute'";
}
