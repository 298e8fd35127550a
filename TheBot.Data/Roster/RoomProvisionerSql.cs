namespace TheBot.Data.Roster;

/// <summary>The statements of <see cref="RoomProvisioner"/>. In each, $1 = the students concerned.</summary>
internal static partial class RoomProvisionerSql
{
    /// <summary>The rooms that the roster asks for. A student without a tutor asks for no tutors' room (name null) and leaves the name of an old one alone.</summary>
    /// <remarks>left() counts whole characters, so a name is never cut within a surrogate pair.</remarks>
    public const string WantedRooms =
        """
        course AS (
            SELECT e.id, e.student_id, e.teacher_id, e.is_active, e.deleted_at IS NULL AS is_kept,
                coalesce(nullif(btrim(e.custom_subject_name), ''), s.name) AS subject,
                btrim(student.first_name || ' ' || student.last_name) AS student,
                btrim(teacher.first_name || ' ' || teacher.last_name) AS teacher,
                tutor.full_name AS tutor
            FROM enrollments e
            JOIN subjects s ON s.id = e.subject_id
            JOIN users student ON student.id = e.student_id
            JOIN users teacher ON teacher.id = e.teacher_id
            LEFT JOIN LATERAL (
                SELECT btrim(u.first_name || ' ' || u.last_name) AS full_name
                FROM tutorships t
                JOIN users u ON u.id = t.tutor_id
                WHERE t.student_id = e.student_id
                ORDER BY t.since, t.tutor_id
                LIMIT 1) AS tutor ON true
            WHERE e.student_id = ANY ($1)
        ),
        wanted_room AS (
            SELECT id AS enrollment_id, student_id, teacher_id, is_kept, 'forum_subject' AS kind, is_active AS writable,
                left(subject || ' - ' || student || ' ↔ ' || teacher, 200) AS name,
                subject || ': ученик ' || student || ', учитель ' || teacher AS description
            FROM course
            UNION ALL
            SELECT id, student_id, teacher_id, is_kept, 'forum_tutor', is_active,
                left(subject || ' - ' || student || ' ↔ ' || tutor, 200),
                subject || ': ученик ' || student || ', тьютор ' || tutor
            FROM course
        )
        """;

    public const string LockStudents = "SELECT id FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

    /// <summary>The students' lock keeps others from making the same rooms; NOT EXISTS only spares the sequence, the unique key is what promises one room.</summary>
    public const string CreateRooms =
        $"""
        WITH {WantedRooms}
        INSERT INTO rooms (kind, enrollment_id, name, description, created_by, head_seq, writable, locked, slow_mode_seconds)
        SELECT kind, enrollment_id, name, description, student_id, 0, writable, false, 0
        FROM wanted_room w
        WHERE name IS NOT NULL AND is_kept AND NOT EXISTS (SELECT FROM rooms r WHERE r.kind = w.kind AND r.enrollment_id = w.enrollment_id)
        ORDER BY enrollment_id, kind
        ON CONFLICT (kind, enrollment_id) DO NOTHING
        """;

    public const string LockRooms =
        """
        SELECT r.id
        FROM rooms r
        JOIN enrollments e ON e.id = r.enrollment_id
        WHERE e.student_id = ANY ($1) AND r.kind IN ('forum_subject', 'forum_tutor')
        ORDER BY r.id
        FOR NO KEY UPDATE OF r
        """;

    /// <summary>
    /// Compares, writes the difference, and answers what it added to the logs: <c>source</c> r = a room's log, u = a person's log,
    /// c = how many members kept their access for other reasons (in seq).
    /// </summary>
    /// <remarks>
    /// No statistics know of rooms that this transaction made, so joins with them are nested loops, over what is materialized: <c>event</c> would otherwise be
    /// made anew for each of them, which took ten seconds for two hundred new students.
    /// </remarks>
    public const string Converge =
        $"""
        WITH {WantedRooms},
        room AS MATERIALIZED (
            SELECT r.id, r.kind, r.head_seq, w.student_id, w.teacher_id, w.is_kept,
                coalesce(w.name, r.name) AS name, coalesce(w.description, r.description) AS description, w.writable, r.locked, r.slow_mode_seconds,
                (r.name, r.description, r.writable)
                    IS DISTINCT FROM (coalesce(w.name, r.name), coalesce(w.description, r.description), w.writable) AS differs,
                greatest(clock_timestamp(), r.updated_at) AS at
            FROM wanted_room w
            JOIN rooms r ON r.enrollment_id = w.enrollment_id AND r.kind = w.kind
        ),
        wanted AS (
            SELECT reason.room_id, reason.user_id, array_agg(DISTINCT reason.reason) AS reasons
            FROM (
                SELECT id AS room_id, student_id AS user_id, 'student' AS reason FROM room WHERE is_kept
                UNION ALL
                SELECT id, teacher_id, 'teacher' FROM room WHERE is_kept AND kind = 'forum_subject'
                UNION ALL
                SELECT room.id, t.tutor_id, 'tutor' FROM room JOIN tutorships t ON t.student_id = room.student_id WHERE is_kept AND room.kind = 'forum_tutor'
                UNION ALL
                SELECT room.id, g.guardian_id, 'guardian:' || g.student_id FROM room JOIN guardianships g ON g.student_id = room.student_id WHERE is_kept
            ) AS reason
            JOIN users u ON u.id = reason.user_id AND u.deleted_at IS NULL
            GROUP BY reason.room_id, reason.user_id
        ),
        present AS (
            SELECT m.room_id, m.user_id, m.reasons, m.visible_from_seq, u.deleted_at IS NOT NULL AS is_deleted
            FROM room_members m
            JOIN users u ON u.id = m.user_id
            WHERE m.room_id IN (SELECT id FROM room)
        ),
        compared AS MATERIALIZED (
            SELECT coalesce(w.room_id, p.room_id) AS room_id, coalesce(w.user_id, p.user_id) AS user_id,
                coalesce(p.reasons, ARRAY[]::text[]) AS had,
                ARRAY(
                    SELECT unnest(w.reasons)
                    UNION
                    SELECT reason FROM unnest(p.reasons) AS reason
                    WHERE reason NOT IN ('student', 'teacher', 'tutor') AND reason NOT LIKE 'guardian:%' AND NOT p.is_deleted
                    ORDER BY 1) AS has,
                w.room_id IS NOT NULL AS follows, coalesce(p.visible_from_seq, 0) AS visible_from_seq
            FROM wanted w
            FULL JOIN present p ON p.room_id = w.room_id AND p.user_id = w.user_id
        ),
        change AS MATERIALIZED (
            SELECT *, cardinality(had) > 0 AS was_in, cardinality(has) > 0 AS is_in
            FROM compared
            WHERE NOT (had @> has AND had <@ has) OR (follows AND visible_from_seq <> 0)
        ),
        member AS (
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq, joined_at, left_at)
            SELECT c.room_id, c.user_id, c.has, CASE WHEN c.follows THEN 0 ELSE c.visible_from_seq END, 0,
                room.at, CASE WHEN NOT c.is_in THEN room.at END
            FROM change c
            JOIN room ON room.id = c.room_id
            ON CONFLICT (room_id, user_id) DO UPDATE SET
                reasons = excluded.reasons,
                visible_from_seq = excluded.visible_from_seq,
                left_at = excluded.left_at,
                joined_at = CASE WHEN cardinality(room_members.reasons) = 0 THEN excluded.joined_at ELSE room_members.joined_at END
        ),
        event AS MATERIALIZED (
            SELECT c.room_id, CASE WHEN c.is_in THEN 10 ELSE 11 END AS kind, c.user_id AS subject_id,
                jsonb_build_object('user', jsonb_build_object(
                    'id', u.id, 'full_name', btrim(u.first_name || ' ' || u.last_name), 'role', u.role)) AS data
            FROM change c
            JOIN users u ON u.id = c.user_id
            WHERE c.was_in <> c.is_in
            UNION ALL
            SELECT id, 20, NULL, jsonb_build_object(
                'name', name, 'description', description, 'writable', writable, 'locked', locked, 'slow_mode_seconds', slow_mode_seconds)
            FROM room
            WHERE differs
        ),
        numbered AS MATERIALIZED (
            SELECT e.room_id, room.head_seq + row_number() OVER (PARTITION BY e.room_id ORDER BY e.kind, e.subject_id) AS seq,
                e.kind::smallint AS kind, e.subject_id, e.data, room.at, room.name, room.description, room.writable
            FROM event e
            JOIN room ON room.id = e.room_id
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, subject_id, data, created_at)
            SELECT room_id, seq, kind, subject_id, data, at FROM numbered
        ),
        head AS (
            UPDATE rooms
            SET head_seq = grown.seq, updated_at = grown.at, name = grown.name, description = grown.description, writable = grown.writable
            FROM (SELECT DISTINCT ON (room_id) * FROM numbered ORDER BY room_id, seq DESC) AS grown
            WHERE rooms.id = grown.room_id
        ),
        access AS MATERIALIZED (
            SELECT user_id, room_id, CASE WHEN is_in THEN 1 ELSE 2 END AS kind,
                row_number() OVER (PARTITION BY user_id ORDER BY room_id) AS nth, count(*) OVER (PARTITION BY user_id) AS total
            FROM change
            WHERE was_in <> is_in
        ),
        user_head AS (
            INSERT INTO user_heads (user_id, head_seq)
            SELECT user_id, count(*) FROM access GROUP BY user_id ORDER BY user_id
            ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq + excluded.head_seq
            RETURNING user_id, head_seq
        ),
        user_entry AS (
            INSERT INTO user_events (user_id, seq, kind, room_id, created_at)
            SELECT a.user_id, h.head_seq - a.total + a.nth, a.kind::smallint, a.room_id, clock_timestamp()
            FROM access a
            JOIN user_head h ON h.user_id = a.user_id
            RETURNING user_id, seq, kind, room_id
        )
        SELECT 'r' AS source, room_id, subject_id AS user_id, seq, kind, at, data::text AS data FROM numbered
        UNION ALL
        SELECT 'u', room_id, user_id, seq, kind, NULL, NULL FROM user_entry
        UNION ALL
        SELECT 'c', NULL, NULL, count(*), 0::smallint, NULL, NULL FROM change WHERE was_in = is_in
        ORDER BY source, room_id, user_id, seq
        """;

    /// <summary>
    /// $1 a deleted person, who is put out of every room that follows from no enrollment; the room of two is closed by the end of their contact.
    /// Answers as <see cref="Converge"/>. The caller holds the rooms.
    /// </summary>
    public const string LeaveOwnRooms =
        """
        WITH room AS MATERIALIZED (
            SELECT r.id, r.head_seq + 1 AS seq, greatest(clock_timestamp(), r.updated_at) AS at
            FROM room_members m
            JOIN rooms r ON r.id = m.room_id AND r.enrollment_id IS NULL AND r.kind <> 'direct'
            WHERE m.user_id = $1 AND cardinality(m.reasons) > 0
        ),
        person AS MATERIALIZED (
            SELECT jsonb_build_object('user', jsonb_build_object('id', id, 'full_name', btrim(first_name || ' ' || last_name), 'role', role)) AS data FROM users WHERE id = $1
        ),
        member AS (
            UPDATE room_members m SET reasons = ARRAY[]::text[], left_at = room.at FROM room WHERE m.room_id = room.id AND m.user_id = $1
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, subject_id, data, created_at)
            SELECT room.id, room.seq, 11, $1, person.data, room.at FROM room CROSS JOIN person
        ),
        head AS (
            UPDATE rooms SET head_seq = room.seq, updated_at = room.at FROM room WHERE rooms.id = room.id
        ),
        user_head AS (
            INSERT INTO user_heads (user_id, head_seq) SELECT $1, count(*) FROM room HAVING count(*) > 0
            ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq + excluded.head_seq
            RETURNING head_seq
        ),
        user_entry AS (
            INSERT INTO user_events (user_id, seq, kind, room_id, created_at)
            SELECT $1, h.head_seq - row_number() OVER (ORDER BY room.id DESC) + 1, 2, room.id, clock_timestamp() FROM room CROSS JOIN user_head h
            RETURNING seq, room_id
        )
        SELECT 'r' AS source, room.id AS room_id, $1::bigint AS user_id, room.seq, 11::smallint AS kind, room.at, person.data::text AS data FROM room CROSS JOIN person
        UNION ALL
        SELECT 'u', room_id, $1, seq, 2::smallint, NULL, NULL FROM user_entry
        ORDER BY source, room_id
        """;

    /// <summary>
    /// $1 a person, $2 students: all the rooms that a deletion of that person changes, so that they are taken in order. Whoever has read in the general room has a row
    /// there without reasons, and leaves nothing.
    /// </summary>
    public const string LockRoomsOfDeleted =
        """
        SELECT r.id
        FROM rooms r
        WHERE r.id IN (
            SELECT m.room_id FROM room_members m JOIN rooms own ON own.id = m.room_id AND own.enrollment_id IS NULL
            WHERE m.user_id = $1 AND cardinality(m.reasons) > 0
            UNION
            SELECT followed.id FROM rooms followed JOIN enrollments e ON e.id = followed.enrollment_id WHERE e.student_id = ANY ($2))
        ORDER BY r.id
        FOR NO KEY UPDATE OF r
        """;

    /// <summary>$1 after this student, $2 at most so many.</summary>
    public const string NextStudents = "SELECT DISTINCT student_id FROM enrollments WHERE student_id > $1 ORDER BY student_id LIMIT $2";

    /// <summary>$1 at most so many. Students whom another replica has in hand are left to it; nobody waits.</summary>
    public const string TakeWaiting = "SELECT student_id FROM provisioning WHERE not_before <= now() ORDER BY since, student_id LIMIT $1 FOR UPDATE SKIP LOCKED";

    /// <summary>$1 a student whose rooms could not follow: the next try is 5 s later, then 10, 20... up to 10 minutes.</summary>
    public const string SetAside =
        """
        UPDATE provisioning
        SET attempts = attempts + 1, not_before = now() + least(interval '10 minutes', interval '5 seconds' * power(2, least(attempts, 10)))
        WHERE student_id = $1
        """;

    public const string NoLongerWaiting = "DELETE FROM provisioning WHERE student_id = ANY ($1)";

    /// <summary>
    /// The students wait for <see cref="TakeWaiting"/>. Whoever writes this holds the students' locks, so that it is not lost to one who is just done with them.
    /// Those who wait already are left as they are: whoever has them in hand holds their rows here and waits for our locks.
    /// </summary>
    public const string LetWait = "INSERT INTO provisioning (student_id) SELECT unnest($1) ORDER BY 1 ON CONFLICT (student_id) DO NOTHING";

    /// <summary>$1 name.</summary>
    public const string CreateGeneralRoom =
        """
        INSERT INTO rooms (kind, name, head_seq, writable, locked, slow_mode_seconds) VALUES ('general', $1, 0, true, false, 0)
        ON CONFLICT (kind) WHERE kind = 'general' DO NOTHING
        """;
}
