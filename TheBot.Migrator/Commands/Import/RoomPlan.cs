namespace TheBot.Migrator.Commands.Import;

/// <summary>Which room of ours each room of the replaced system becomes part of, and what that room then is. Statement after statement.</summary>
internal static class RoomPlan
{
    /// <summary>Everybody who was in a room by either table, and who made it; people who exist.</summary>
    private const string People =
        """
        CREATE TEMP TABLE seat ON COMMIT DROP AS
        SELECT s.room_id, s.user_id, s.joined_at, s.is_muted, greatest(s.last_read_at, r.read_until) AS read_until, s.is_seat
        FROM (
            SELECT room_id, user_id, joined_at, last_read_at, is_muted, true AS is_seat FROM legacy_seat
            UNION ALL
            SELECT r.room_id, r.user_id, NULL, NULL, false, false
            FROM legacy_read r
            WHERE NOT EXISTS (SELECT FROM legacy_seat s WHERE s.room_id = r.room_id AND s.user_id = r.user_id)) AS s
        JOIN legacy_user u ON u.id = s.user_id
        JOIN legacy_room room ON room.id = s.room_id
        LEFT JOIN legacy_read r ON r.room_id = s.room_id AND r.user_id = s.user_id;
        CREATE INDEX ON seat (room_id, user_id);
        CREATE TEMP TABLE lost_forum ON COMMIT DROP AS
        SELECT r.id, r.name, r.type, r.created_by_id
        FROM legacy_room r
        WHERE r.type IN ('forum_subject', 'forum_tutor') AND NOT EXISTS (SELECT FROM sound_enrollment e WHERE e.id = r.enrollment_id);
        CREATE TEMP TABLE lost_forum_person ON COMMIT DROP AS
        SELECT l.id AS room_id, s.user_id FROM lost_forum l JOIN seat s ON s.room_id = l.id AND s.is_seat
        UNION
        SELECT id, created_by_id FROM lost_forum WHERE created_by_id IS NOT NULL;
        CREATE INDEX ON lost_forum_person (room_id, user_id);
        ANALYZE seat, lost_forum, lost_forum_person
        """;

    /// <summary>
    /// A forum room without its enrollment finds it by its twin (same kind, name and maker, made anew when the link was lost), or by who is in it, and among
    /// several by its name. Where the best ones do not have the same readers it stays alone: a wrong guess would show it to strangers.
    /// </summary>
    private const string FindEnrollments =
        """
        CREATE TEMP TABLE found_enrollment ON COMMIT DROP AS
        WITH candidate AS (
            SELECT l.id AS room_id, l.type, e.id AS enrollment_id, 8 AS score
            FROM lost_forum l
            JOIN legacy_room twin ON twin.type = l.type AND twin.name = l.name AND twin.created_by_id = l.created_by_id AND btrim(l.name) <> ''
            JOIN sound_enrollment e ON e.id = twin.enrollment_id
            UNION ALL
            SELECT l.id, l.type, e.id,
                CASE
                    WHEN starts_with(l.name, n.subject || ' - ' || n.student || CASE l.type WHEN 'forum_subject' THEN ' ↔ ' || n.teacher ELSE ' ' END) THEN 4
                    WHEN starts_with(l.name, n.subject || ' - ') THEN 2
                    ELSE 1
                END
            FROM lost_forum l
            JOIN lost_forum_person p ON p.room_id = l.id
            JOIN sound_enrollment e ON e.student_id = p.user_id
            JOIN legacy_user student ON student.id = e.student_id
            JOIN legacy_user teacher ON teacher.id = e.teacher_id
            JOIN legacy_subject s ON s.id = e.subject_id
            CROSS JOIN LATERAL (
                SELECT coalesce(nullif(btrim(e.custom_subject_name), ''), s.name) AS subject, btrim(student.first_name || ' ' || student.last_name) AS student,
                    btrim(teacher.first_name || ' ' || teacher.last_name) AS teacher) AS n
            WHERE l.type = 'forum_tutor' OR EXISTS (SELECT FROM lost_forum_person t WHERE t.room_id = l.id AND t.user_id = e.teacher_id)
        ),
        best AS (SELECT c.*, e.is_active, e.student_id, CASE c.type WHEN 'forum_subject' THEN e.teacher_id END AS teacher_id
            FROM (SELECT *, max(score) OVER (PARTITION BY room_id) AS top FROM candidate) AS c
            JOIN sound_enrollment e ON e.id = c.enrollment_id
            WHERE c.score = c.top)
        SELECT room_id, (array_agg(enrollment_id ORDER BY is_active DESC, enrollment_id))[1] AS enrollment_id
        FROM best
        GROUP BY room_id
        HAVING count(DISTINCT (student_id, teacher_id)) = 1;
        ANALYZE found_enrollment
        """;

    /// <summary>Rooms of one enrollment become one, of one pair of people too, and all general ones; of several the one with a link, then the oldest, gives its id.</summary>
    private const string Plan =
        """
        CREATE TEMP TABLE plan ON COMMIT DROP AS
        WITH pair AS (
            SELECT s.room_id, min(s.user_id) || ':' || max(s.user_id) AS key
            FROM seat s
            JOIN legacy_room r ON r.id = s.room_id AND r.type = 'direct'
            WHERE s.is_seat
            GROUP BY s.room_id
            HAVING count(DISTINCT s.user_id) = 2
        ),
        kind AS (
            SELECT r.id AS legacy_id, linked.id IS NOT NULL AS is_linked, coalesce(linked.id, found.enrollment_id) AS enrollment_id, pair.key AS direct_key,
                CASE
                    WHEN coalesce(linked.id, found.enrollment_id) IS NOT NULL OR r.type = 'general' THEN r.type
                    WHEN pair.key IS NOT NULL THEN 'direct'
                    ELSE 'group'
                END AS kind
            FROM legacy_room r
            LEFT JOIN sound_enrollment linked ON linked.id = r.enrollment_id AND r.type IN ('forum_subject', 'forum_tutor')
            LEFT JOIN found_enrollment found ON found.room_id = r.id
            LEFT JOIN pair ON pair.room_id = r.id
        )
        SELECT legacy_id, kind, enrollment_id, direct_key,
            first_value(legacy_id) OVER (
                PARTITION BY kind, coalesce('e' || enrollment_id, 'd' || direct_key, CASE kind WHEN 'general' THEN '' ELSE 'r' || legacy_id END)
                ORDER BY is_linked DESC, legacy_id) AS room_id
        FROM kind;
        ALTER TABLE plan ADD PRIMARY KEY (legacy_id);
        CREATE INDEX ON plan (room_id);
        ANALYZE plan;
        CREATE TEMP TABLE room_to_be (
            id bigint PRIMARY KEY, kind text, enrollment_id bigint, direct_key text, name text, description text, created_by bigint, created_at timestamptz,
            writable boolean, locked boolean) ON COMMIT DROP
        """;

    /// <summary>$1 all students. The rooms to be, those that only the roster asks for too: their ids follow from the enrollment's, so that every run gives the same.</summary>
    /// <param name="wantedRooms">The roster's own statement of what rooms it asks for: names and descriptions are not thought up twice.</param>
    public static string Rooms(string wantedRooms) =>
        $"""
        INSERT INTO room_to_be (id, kind, enrollment_id, direct_key, name, description, created_by, created_at, writable, locked)
        WITH {wantedRooms},
        planned AS (
            SELECT DISTINCT ON (p.room_id) p.room_id, p.kind, p.enrollment_id, p.direct_key FROM plan p ORDER BY p.room_id, p.legacy_id = p.room_id DESC
        )
        SELECT p.room_id AS id, p.kind, p.enrollment_id, p.direct_key,
            coalesce(w.name, nullif(btrim(r.name), ''), CASE p.kind WHEN 'general' THEN 'Общий форум' ELSE 'Комната ' || r.id END) AS name,
            coalesce(w.description, r.description) AS description, u.id AS created_by, r.created_at, coalesce(w.writable, e.is_active, true) AS writable,
            NOT r.is_active AS locked
        FROM planned p
        JOIN legacy_room r ON r.id = p.room_id
        LEFT JOIN legacy_user u ON u.id = r.created_by_id
        LEFT JOIN sound_enrollment e ON e.id = p.enrollment_id
        LEFT JOIN wanted_room w ON w.kind = p.kind AND w.enrollment_id = p.enrollment_id AND w.name IS NOT NULL
        UNION ALL
        SELECT o.below + 2 * w.enrollment_id + (w.kind = 'forum_tutor')::int, w.kind, w.enrollment_id, NULL, w.name, w.description, w.student_id, e.enrolled_at, w.writable, false
        FROM wanted_room w
        JOIN sound_enrollment e ON e.id = w.enrollment_id
        JOIN legacy.owned o ON o.name = 'rooms'
        WHERE w.name IS NOT NULL AND NOT EXISTS (SELECT FROM planned p WHERE p.kind = w.kind AND p.enrollment_id = w.enrollment_id)
        UNION ALL
        SELECT o.below, 'general', NULL, NULL, 'Общий форум', '', NULL, 
            coalesce((SELECT min(created_at) FROM legacy_user), (SELECT created_at FROM rooms WHERE id = o.below), now()), true, false
        FROM legacy.owned o
        WHERE o.name = 'rooms' AND NOT EXISTS (SELECT FROM planned WHERE kind = 'general')
        """;

    /// <summary>
    /// Who is in them, and why. Forum rooms follow the roster; whom else the old tables have was there once, and is no longer. In the general room a row
    /// only carries a read position and a mute. A mute of somebody who moderates the room is none.
    /// </summary>
    private const string Members =
        """
        ANALYZE room_to_be;
        CREATE TEMP TABLE member_to_be ON COMMIT DROP AS
        WITH reason AS (
            SELECT r.id AS room_id, e.student_id AS user_id, 'student' AS reason FROM room_to_be r JOIN sound_enrollment e ON e.id = r.enrollment_id
            UNION ALL
            SELECT r.id, e.teacher_id, 'teacher' FROM room_to_be r JOIN sound_enrollment e ON e.id = r.enrollment_id WHERE r.kind = 'forum_subject'
            UNION ALL
            SELECT r.id, t.tutor_id, 'tutor'
            FROM room_to_be r JOIN sound_enrollment e ON e.id = r.enrollment_id JOIN sound_tutor t ON t.student_id = e.student_id
            WHERE r.kind = 'forum_tutor'
            UNION ALL
            SELECT r.id, g.guardian_id, 'guardian:' || g.student_id
            FROM room_to_be r JOIN sound_enrollment e ON e.id = r.enrollment_id JOIN sound_guardian g ON g.student_id = e.student_id
        ),
        wanted AS (SELECT room_id, user_id, array_agg(reason ORDER BY reason) AS reasons FROM reason GROUP BY room_id, user_id),
        sat AS (
            SELECT p.room_id, s.user_id, min(s.joined_at) AS joined_at, max(s.read_until) AS read_until, bool_or(s.is_muted) AS is_muted, bool_or(s.is_seat) AS is_seat
            FROM seat s
            JOIN plan p ON p.legacy_id = s.room_id
            GROUP BY p.room_id, s.user_id
        )
        SELECT coalesce(w.room_id, s.room_id) AS room_id, coalesce(w.user_id, s.user_id) AS user_id,
            CASE
                WHEN w.room_id IS NOT NULL THEN w.reasons
                WHEN r.kind IN ('direct', 'group') AND s.is_seat THEN ARRAY['imported']
                ELSE ARRAY[]::text[]
            END AS reasons,
            s.joined_at, s.read_until,
            coalesce(s.is_muted, false) AND NOT coalesce(w.reasons && ARRAY['teacher', 'tutor'], false) AND NOT u.is_administrator
                AND r.kind <> 'direct' AND (r.kind <> 'group' OR r.created_by IS DISTINCT FROM u.id) AS is_muted,
            w.room_id IS NULL AND r.kind IN ('forum_subject', 'forum_tutor') AND s.is_seat AS is_former
        FROM wanted w
        FULL JOIN sat s ON s.room_id = w.room_id AND s.user_id = w.user_id
        JOIN room_to_be r ON r.id = coalesce(w.room_id, s.room_id)
        JOIN legacy_user u ON u.id = coalesce(w.user_id, s.user_id)
        WHERE w.room_id IS NOT NULL OR CASE r.kind WHEN 'general' THEN s.read_until IS NOT NULL OR s.is_muted ELSE s.is_seat END;
        CREATE INDEX ON member_to_be (room_id, user_id);
        ANALYZE member_to_be
        """;

    /// <summary>All that a room is made of, in one number: a room whose number is that of the last run is left as it is.</summary>
    private const string Digests =
        """
        CREATE TEMP TABLE digest ON COMMIT DROP AS
        SELECT r.id AS room_id, md5(concat_ws('|', r::text, said.digests, people.members, headlines.threads)) AS digest, coalesce(said.messages, 0) AS messages
        FROM room_to_be r
        LEFT JOIN (
            SELECT p.room_id, sum(d.messages) AS messages, string_agg(p.legacy_id || ':' || coalesce(d.digest, ''), ',' ORDER BY p.legacy_id) AS digests
            FROM plan p
            LEFT JOIN legacy_digest d ON d.room_id = p.legacy_id
            GROUP BY p.room_id) AS said ON said.room_id = r.id
        LEFT JOIN (
            SELECT m.room_id, string_agg(m::text || u.first_name || '|' || u.last_name || '|' || u.role, ',' ORDER BY m.user_id) AS members
            FROM member_to_be m
            JOIN legacy_user u ON u.id = m.user_id
            GROUP BY m.room_id) AS people ON people.room_id = r.id
        LEFT JOIN (
            SELECT p.room_id, string_agg(t::text, ',' ORDER BY t.id) AS threads
            FROM legacy_thread t
            JOIN plan p ON p.legacy_id = t.room_id
            GROUP BY p.room_id) AS headlines ON headlines.room_id = r.id;
        CREATE TEMP TABLE touched ON COMMIT DROP AS
        SELECT d.room_id FROM digest d
        WHERE NOT EXISTS (
            SELECT FROM legacy.rooms l JOIN rooms r ON r.id = l.room_id WHERE l.room_id = d.room_id AND l.digest = d.digest);
        ALTER TABLE touched ADD PRIMARY KEY (room_id);
        INSERT INTO stale_room
        SELECT room_id FROM touched
        UNION
        SELECT room_id FROM legacy.rooms l WHERE NOT EXISTS (SELECT FROM room_to_be r WHERE r.id = l.room_id)
        ON CONFLICT (id) DO NOTHING;
        ANALYZE digest, touched, stale_room
        """;

    public static readonly IReadOnlyList<string> Before = [People, FindEnrollments, Plan];
    public static readonly IReadOnlyList<string> After = [Members, Digests];

    /// <summary>Takes rooms of <c>stale_room</c> away with everything in them: they are made anew, or are gone there too.</summary>
    public const string RemoveStale =
        """
        DELETE FROM attachments a USING messages m, stale_room s WHERE m.room_id = s.id AND a.message_id = m.id;
        DELETE FROM reactions x USING messages m, stale_room s WHERE m.room_id = s.id AND x.message_id = m.id;
        DELETE FROM message_edits x USING messages m, stale_room s WHERE m.room_id = s.id AND x.message_id = m.id;
        DELETE FROM pins p USING stale_room s WHERE p.room_id = s.id;
        DELETE FROM threads t USING stale_room s WHERE t.room_id = s.id;
        DELETE FROM messages m USING stale_room s WHERE m.room_id = s.id;
        DELETE FROM room_events e USING stale_room s WHERE e.room_id = s.id;
        DELETE FROM room_members m USING stale_room s WHERE m.room_id = s.id;
        DELETE FROM legacy.findings f USING stale_room s WHERE f.room_id = s.id AND f.of_content;
        DELETE FROM legacy.rooms l USING stale_room s WHERE l.room_id = s.id;
        DELETE FROM rooms r USING stale_room s WHERE r.id = s.id
        """;

    /// <summary>How many messages of theirs have to be read, in how many rooms, out of how many.</summary>
    public const string Amount =
        """
        SELECT coalesce(sum(d.messages), 0)::bigint, count(t.room_id), (SELECT count(*) FROM digest)
        FROM touched t
        JOIN digest d ON d.room_id = t.room_id
        """;

    /// <summary>The replaced system's rooms whose messages have to be read.</summary>
    public const string RoomsToRead =
        "SELECT p.legacy_id FROM plan p JOIN touched t ON t.room_id = p.room_id JOIN legacy_digest d ON d.room_id = p.legacy_id ORDER BY p.legacy_id";
}
