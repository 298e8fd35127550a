namespace TheBot.Migrator.Commands.Verify;

/// <summary>What is compared, said once for each side. Nothing here is shared with the import: a mistake there must not be made again here.</summary>
internal static class VerifySql
{
    /// <summary>Row by row, in the order of the key: a number, and everything that must be the same, hashed. Rows that only we have are told too, but for tokens.</summary>
    public static readonly IReadOnlyList<(string What, string Legacy, string Ours)> Rows =
    [
        (
            "user",
            """
            SELECT id, md5(ROW(username, nullif(email, ''), password, first_name, last_name,
                CASE WHEN role IN ('student', 'teacher', 'tutor', 'parent') THEN role ELSE 'student' END, is_staff OR is_superuser, is_active, nullif(avatar, ''), created_at)::text)
            FROM accounts_user ORDER BY id
            """,
            """
            SELECT id, md5(ROW(username, email, password_hash, first_name, last_name, role, is_administrator, is_active, avatar, created_at)::text)
            FROM users WHERE deleted_at IS NULL ORDER BY id
            """),
        ("subject", "SELECT id, md5(name) FROM materials_subject ORDER BY id", "SELECT id, md5(name) FROM subjects ORDER BY id"),
        (
            "enrollment",
            """
            SELECT e.id, md5(ROW(e.student_id, e.subject_id, e.teacher_id, e.custom_subject_name, e.is_active, e.enrolled_at)::text)
            FROM materials_subjectenrollment e
            WHERE e.student_id IN (SELECT id FROM accounts_user) AND e.teacher_id IN (SELECT id FROM accounts_user) AND e.subject_id IN (SELECT id FROM materials_subject)
            ORDER BY e.id
            """,
            "SELECT id, md5(ROW(student_id, subject_id, teacher_id, custom_subject_name, is_active, created_at)::text) FROM enrollments ORDER BY id"),
    ];

    public const string LegacyTokens =
        """
        SELECT encode(sha256(convert_to(key, 'UTF8')), 'hex'), user_id::text
        FROM authtoken_token
        WHERE user_id IN (SELECT id FROM accounts_user)
        ORDER BY sha256(convert_to(key, 'UTF8'))
        """;

    public const string OurTokens = "SELECT encode(hash, 'hex'), user_id::text FROM tokens WHERE revoked_at IS NULL ORDER BY hash";

    /// <summary>id, room, author, hash of the contents, the message it answers, that one's room.</summary>
    public const string LegacyMessages =
        """
        SELECT m.id, m.room_id, m.sender_id, md5(ROW(m.content, CASE WHEN m.message_type IN ('text', 'image', 'file', 'system') THEN m.message_type ELSE 'text' END,
                nullif(m.file, ''), nullif(m.image, ''), m.is_edited, m.is_deleted, m.created_at, m.updated_at)::text), m.reply_to_id, a.room_id
        FROM chat_message m
        LEFT JOIN chat_message a ON a.id = m.reply_to_id
        ORDER BY m.id
        """;

    /// <summary>As <see cref="LegacyMessages"/>.</summary>
    public const string OurMessages =
        """
        SELECT m.id, m.room_id, m.sender_id, md5(ROW(m.content, m.type, a.file, a.image, m.edited_at IS NOT NULL, m.deleted_at IS NOT NULL, m.created_at, m.updated_at)::text),
            m.reply_to, r.room_id
        FROM messages m
        LEFT JOIN attachments a ON a.message_id = m.id
        LEFT JOIN messages r ON r.id = m.reply_to
        ORDER BY m.id
        """;

    public const string LegacyTotal = "SELECT count(*) FROM chat_message";
    public const string LegacyCounts = "SELECT room_id, sender_id, count(*) FROM chat_message GROUP BY room_id, sender_id";
    public const string OurCounts = "SELECT room_id, sender_id, count(*) FROM messages GROUP BY room_id, sender_id";

    /// <summary>What is wrong within our logs alone: text by text. Times are those of the source (the contents have been compared), so order by time is its order.</summary>
    public const string OwnFaults =
        """
        SELECT 'order', 'message ' || id || ' stands in room ' || room_id || ' behind a younger one'
        FROM (SELECT id, room_id, created_at, lag(ROW(created_at, id)) OVER (PARTITION BY room_id ORDER BY seq) AS before FROM messages) AS m
        WHERE ROW(created_at, id) < before
        UNION ALL
        SELECT 'log', 'message ' || m.id || ' of room ' || m.room_id || ' is not where the log has it'
        FROM messages m
        WHERE NOT EXISTS (SELECT FROM room_events e WHERE e.room_id = m.room_id AND e.seq = m.seq AND e.kind = 1 AND e.message_id = m.id)
        UNION ALL
        SELECT 'log', 'room ' || r.id || ' has ' || coalesce(log.lines, 0) || ' lines up to ' || coalesce(log.last, 0) || ' and a head of ' || r.head_seq
        FROM rooms r
        LEFT JOIN (SELECT room_id, count(*) AS lines, max(seq) AS last FROM room_events GROUP BY room_id) AS log ON log.room_id = r.id
        WHERE coalesce(log.lines, 0) <> r.head_seq OR coalesce(log.last, 0) <> r.head_seq
        """;

    /// <summary>id, type, its enrollment where that is sound, the two of a direct room, and who may have been its student.</summary>
    public const string LegacyRooms =
        """
        WITH room AS (
            SELECT id, type::text, enrollment_id, created_by_id FROM chat_chatroom
            UNION ALL
            SELECT DISTINCT m.room_id, 'lost', NULL::bigint, 0::bigint FROM chat_message m WHERE NOT EXISTS (SELECT FROM chat_chatroom r WHERE r.id = m.room_id)
        )
        SELECT r.id, r.type,
            (
                SELECT e.id
                FROM materials_subjectenrollment e
                WHERE e.id = r.enrollment_id AND r.type LIKE 'forum%' AND e.student_id IN (SELECT id FROM accounts_user)
                  AND e.teacher_id IN (SELECT id FROM accounts_user) AND e.subject_id IN (SELECT id FROM materials_subject)),
            ARRAY(
                SELECT user_id FROM chat_chatroom_participants WHERE chatroom_id = r.id AND user_id IN (SELECT id FROM accounts_user)
                UNION
                SELECT user_id FROM chat_chatparticipant WHERE room_id = r.id AND user_id IN (SELECT id FROM accounts_user)
                ORDER BY 1),
            r.created_by_id
        FROM room r
        ORDER BY r.id
        """;

    /// <summary>id, kind, enrollment, its student, direct key.</summary>
    public const string OurRooms =
        "SELECT r.id, r.kind, r.enrollment_id, e.student_id, r.direct_key FROM rooms r LEFT JOIN enrollments e ON e.id = r.enrollment_id ORDER BY r.id";

    /// <summary>Who belongs into forum rooms by the roster: enrollment, 0 = with the teacher or 1 = with tutors, person; whether such a room must exist.</summary>
    public const string LegacyRoster =
        """
        WITH course AS (
            SELECT e.id, e.student_id, e.teacher_id, p.parent_id
            FROM materials_subjectenrollment e
            JOIN accounts_user student ON student.id = e.student_id
            JOIN accounts_user teacher ON teacher.id = e.teacher_id
            JOIN materials_subject s ON s.id = e.subject_id
            LEFT JOIN accounts_studentprofile p ON p.user_id = e.student_id
        ),
        tutor AS (
            SELECT p.user_id AS student_id, p.tutor_id FROM accounts_studentprofile p WHERE p.tutor_id IN (SELECT id FROM accounts_user)
            UNION
            SELECT u.id, u.created_by_tutor_id FROM accounts_user u WHERE u.created_by_tutor_id IN (SELECT id FROM accounts_user)
        ),
        tutored AS (SELECT DISTINCT c.id FROM course c JOIN tutor t ON t.student_id = c.student_id WHERE t.tutor_id <> t.student_id),
        seat AS (
            SELECT id, 0 AS kind, student_id AS user_id FROM course
            UNION SELECT id, 0, teacher_id FROM course
            UNION SELECT id, 1, student_id FROM course
            UNION SELECT c.id, 1, t.tutor_id FROM course c JOIN tutor t ON t.student_id = c.student_id
            UNION SELECT c.id, k, c.parent_id FROM course c CROSS JOIN generate_series(0, 1) AS k WHERE c.parent_id IN (SELECT id FROM accounts_user)
        )
        SELECT s.id, s.kind, s.user_id, s.kind = 0 OR t.id IS NOT NULL
        FROM seat s
        LEFT JOIN tutored t ON t.id = s.id
        ORDER BY 1, 2, 3
        """;

    /// <summary>Members of our forum rooms: enrollment, kind as above, person.</summary>
    public const string OurForumMembers =
        """
        SELECT r.enrollment_id, CASE r.kind WHEN 'forum_subject' THEN 0 ELSE 1 END, m.user_id
        FROM rooms r
        LEFT JOIN room_members m ON m.room_id = r.id AND cardinality(m.reasons) > 0
        WHERE r.kind IN ('forum_subject', 'forum_tutor')
        ORDER BY 1, 2, 3
        """;

    public const string OurOtherMembers =
        """
        SELECT m.room_id, m.user_id
        FROM room_members m
        JOIN rooms r ON r.id = m.room_id AND r.kind IN ('direct', 'group')
        WHERE cardinality(m.reasons) > 0
        """;
}
