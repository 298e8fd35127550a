namespace TheBot.Migrator.Commands.Import;

/// <summary>What an import remembers for the next one: the schema <c>legacy</c> of our database.</summary>
internal static class WorkingArea
{
    /// <summary>
    /// <c>owned</c>: ids below belong to the replaced system, ours start there. <c>rooms</c>: what each room was made of, and how long its log was then.
    /// <c>roster</c>: what the roster was after the last run. <c>findings</c>: the report.
    /// </summary>
    public const string Create =
        """
        CREATE SCHEMA IF NOT EXISTS legacy;
        CREATE TABLE IF NOT EXISTS legacy.owned (name text PRIMARY KEY, below bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS legacy.rooms (room_id bigint PRIMARY KEY, digest text NOT NULL, head_seq bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS legacy.roster (digest text NOT NULL);
        CREATE TABLE IF NOT EXISTS legacy.findings (kind text NOT NULL, room_id bigint, user_id bigint, message_id bigint, note text, of_content boolean NOT NULL);
        CREATE INDEX IF NOT EXISTS ix_findings_room ON legacy.findings (room_id) WHERE of_content
        """;

    /// <summary>Two at once: the second waits. Released with the session, also by kill -9.</summary>
    public const string TakeTurn = "SELECT pg_advisory_lock(hashtext('thebot.import'))";

    /// <summary>
    /// From before the check to the end nothing live can be written, so that nothing is taken away that came after the check: whoever changes rooms, messages or
    /// roster locks rows of one of these tables before anything else, and waits here with nothing in hand. Readers read on.
    /// </summary>
    public const string HoldLiveWrites = "LOCK TABLE users, subjects, rooms IN EXCLUSIVE MODE";

    /// <summary>An import that was killed is noticed within a second, so that the next one need not wait for its statement to end. The rest: a bulk load's settings.</summary>
    public const string Settings =
        """
        SET LOCAL client_connection_check_interval = '1s';
        SET LOCAL temp_buffers = '64MB';
        SET LOCAL work_mem = '128MB';
        SET LOCAL maintenance_work_mem = '256MB';
        SET LOCAL timezone = 'UTC';
        SET LOCAL jit = off;
        SET LOCAL plan_cache_mode = auto
        """;

    /// <summary>Whether this is the first run here.</summary>
    public const string IsFirst = "SELECT NOT EXISTS (SELECT FROM legacy.owned)";

    /// <summary>What a first run finds that is not its own; no row = nothing. The general room that migrate made is nobody's yet.</summary>
    public const string Strangers =
        """
        SELECT what
        FROM (
            SELECT 1, 'people (' || (SELECT username FROM users ORDER BY id LIMIT 1) || ', ...)' FROM users
            UNION ALL
            SELECT 2, 'messages' FROM messages
            UNION ALL
            SELECT 3, 'enrollments' FROM enrollments
            UNION ALL
            SELECT 4, 'rooms' FROM rooms WHERE kind <> 'general' OR head_seq <> 0) AS found (n, what)
        ORDER BY n
        LIMIT 1
        """;

    /// <summary>All that an import writes of people and their lessons, but for passwords: a login makes those stronger by itself.</summary>
    private const string RosterDigest =
        """
        md5(concat_ws('|',
            (SELECT md5(string_agg((id, username, email, first_name, last_name, role, is_administrator, is_active, deleted_at)::text, ';' ORDER BY id)) FROM users),
            (SELECT md5(string_agg((id, name)::text, ';' ORDER BY id)) FROM subjects),
            (SELECT md5(string_agg((id, student_id, subject_id, teacher_id, custom_subject_name, is_active)::text, ';' ORDER BY id)) FROM enrollments),
            (SELECT md5(string_agg((student_id, tutor_id)::text, ';' ORDER BY student_id, tutor_id)) FROM tutorships),
            (SELECT md5(string_agg((student_id, guardian_id)::text, ';' ORDER BY student_id, guardian_id)) FROM guardianships)))
        """;

    /// <summary>For <see cref="LiveTraces"/> of the next run.</summary>
    public const string RememberRoster = $"DELETE FROM legacy.roster; INSERT INTO legacy.roster (digest) SELECT {RosterDigest}";

    /// <summary>What people did here since the last run; no row = nothing. What the roster does to rooms by itself is not theirs.</summary>
    public const string LiveTraces =
        $"""
        SELECT what
        FROM (
            (SELECT 'message ' || m.id || ' in room ' || m.room_id FROM messages m WHERE m.id >= (SELECT below FROM legacy.owned WHERE name = 'messages') ORDER BY m.id LIMIT 1)
            UNION ALL
            (
                SELECT 'event ' || e.seq || ' of room ' || e.room_id
                FROM legacy.rooms l
                JOIN rooms r ON r.id = l.room_id AND r.head_seq > l.head_seq
                JOIN room_events e ON e.room_id = r.id AND e.seq > l.head_seq AND e.actor_id IS NOT NULL
                LIMIT 1)
            UNION ALL
            SELECT 'the roster was changed' FROM legacy.roster WHERE digest <> {RosterDigest}) AS found (what)
        LIMIT 1
        """;

    /// <summary>Room for what the replaced system still adds until the switch; every id of ours is above it.</summary>
    public const string Claim =
        """
        INSERT INTO legacy.owned (name, below)
        SELECT name, coalesce(newest, 0) + 1000000
        FROM (
            SELECT 'users', max(id) FROM legacy_user
            UNION ALL SELECT 'subjects', max(id) FROM legacy_subject
            UNION ALL SELECT 'enrollments', max(id) FROM legacy_enrollment
            UNION ALL SELECT 'rooms', max(id) FROM legacy_room
            UNION ALL SELECT 'threads', max(id) FROM legacy_thread
            UNION ALL SELECT 'messages', max(newest) FROM legacy_digest) AS t (name, newest)
        ON CONFLICT (name) DO NOTHING;
        DELETE FROM rooms r WHERE r.kind = 'general' AND r.head_seq = 0 AND NOT EXISTS (SELECT FROM legacy.rooms l WHERE l.room_id = r.id)
        """;

    /// <summary>A kind of things that has grown past its ids; no row = none.</summary>
    public const string Outgrown =
        """
        SELECT o.name
        FROM legacy.owned o
        JOIN (
            SELECT 'users', max(id) FROM legacy_user
            UNION ALL SELECT 'subjects', max(id) FROM legacy_subject
            UNION ALL SELECT 'enrollments', max(id) FROM legacy_enrollment
            UNION ALL SELECT 'rooms', max(id) FROM legacy_room
            UNION ALL SELECT 'threads', max(id) FROM legacy_thread
            UNION ALL SELECT 'messages', max(newest) FROM legacy_digest) AS t (name, newest) ON t.name = o.name AND t.newest >= o.below
        ORDER BY 1
        LIMIT 1
        """;

    /// <summary>Our identities start above all ids that the replaced system has or may still give; rooms also above those that an import makes by itself.</summary>
    public const string MoveIdentities =
        """
        SELECT setval(s.sequence, greatest(s.start, pg_sequence_last_value(s.sequence)))
        FROM (
            SELECT pg_get_serial_sequence(name, 'id')::regclass,
                below + CASE WHEN name = 'rooms' THEN 2 * (SELECT below FROM legacy.owned WHERE name = 'enrollments') + 1 ELSE 0 END
            FROM legacy.owned) AS s (sequence, start)
        """;
}
