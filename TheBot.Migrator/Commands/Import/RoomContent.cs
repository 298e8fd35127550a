namespace TheBot.Migrator.Commands.Import;

/// <summary>Rooms with their logs, from what was planned and read. Statement after statement, each over all rooms at once.</summary>
internal static class RoomContent
{
    /// <summary>
    /// The log of each room: its members first, then messages by time (and id where times tie), and a deletion where it happened. An edit needs no line: a log
    /// read shows messages as they are. No line is older than the one before it.
    /// </summary>
    private const string Number =
        """
        ANALYZE legacy_message;
        CREATE TEMP TABLE opened ON COMMIT DROP AS
        SELECT r.id AS room_id, coalesce(least(r.created_at, min(d.since)), now()) AS at
        FROM touched t
        JOIN room_to_be r ON r.id = t.room_id
        LEFT JOIN plan p ON p.room_id = r.id
        LEFT JOIN legacy_digest d ON d.room_id = p.legacy_id
        GROUP BY r.id, r.created_at;
        ALTER TABLE opened ADD PRIMARY KEY (room_id);
        ANALYZE opened;
        CREATE TEMP TABLE line ON COMMIT DROP AS
        SELECT room_id, row_number() OVER (PARTITION BY room_id ORDER BY at, step, id) AS seq, kind, at, message_id, actor_id, subject_id
        FROM (
            SELECT m.room_id, 10, o.at, 0, m.user_id, NULL::bigint, NULL::bigint, m.user_id
            FROM member_to_be m
            JOIN opened o ON o.room_id = m.room_id
            WHERE cardinality(m.reasons) > 0
            UNION ALL
            SELECT p.room_id, 1, m.created_at, 1, m.id, m.id, m.sender_id, NULL
            FROM legacy_message m
            JOIN plan p ON p.legacy_id = m.room_id
            UNION ALL
            SELECT p.room_id, 3, greatest(coalesce(m.deleted_at, m.updated_at), m.created_at), 2, m.id, m.id, coalesce(m.deleted_by_id, m.sender_id), NULL
            FROM legacy_message m
            JOIN plan p ON p.legacy_id = m.room_id
            WHERE m.is_deleted) AS l (room_id, kind, at, step, id, message_id, actor_id, subject_id);
        CREATE INDEX ON line (room_id, at, seq);
        ANALYZE line
        """;

    private const string Rooms =
        """
        INSERT INTO rooms (id, kind, enrollment_id, direct_key, name, description, created_by, created_at, updated_at, head_seq, writable, locked, slow_mode_seconds)
        SELECT r.id, r.kind, r.enrollment_id, r.direct_key, left(r.name, 200), coalesce(r.description, ''), r.created_by, coalesce(r.created_at, o.at),
            coalesce(log.at, r.created_at, o.at), coalesce(log.head, 0), r.writable, r.locked, 0
        FROM touched t
        JOIN room_to_be r ON r.id = t.room_id
        JOIN opened o ON o.room_id = r.id
        LEFT JOIN (SELECT room_id, max(seq) AS head, max(at) AS at FROM line GROUP BY room_id) AS log ON log.room_id = r.id
        ORDER BY r.id;
        INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq, muted_until, joined_at, left_at)
        SELECT m.room_id, m.user_id, m.reasons, 0, coalesce(seen.seq, 0), CASE WHEN m.is_muted THEN timestamptz '9999-12-31 23:59:59+00' END,
            coalesce(m.joined_at, o.at), CASE WHEN m.is_former THEN greatest(m.joined_at, r.updated_at) END
        FROM touched t
        JOIN rooms r ON r.id = t.room_id
        JOIN opened o ON o.room_id = t.room_id
        JOIN member_to_be m ON m.room_id = t.room_id
        LEFT JOIN LATERAL (
            SELECT l.seq FROM line l WHERE l.room_id = m.room_id AND l.at <= m.read_until ORDER BY l.at DESC, l.seq DESC LIMIT 1) AS seen ON true
        ORDER BY m.room_id, m.user_id
        """;

    /// <summary>The body's hash stays empty: nobody can send again under a client id that begins with a tilde.</summary>
    private const string Messages =
        """
        INSERT INTO messages (id, room_id, seq, sender_id, client_id, body_hash, content, type, reply_to, thread_id, created_at, updated_at, edited_at, deleted_at, deleted_by)
        SELECT m.id, l.room_id, l.seq, m.sender_id, '~import:' || m.id, 0, m.content,
            CASE WHEN m.type IN ('text', 'image', 'file', 'system') THEN m.type ELSE 'text' END,
            CASE WHEN answered.room_id = l.room_id THEN m.reply_to_id END,
            CASE WHEN t.id IS NOT NULL THEN m.thread_id END,
            m.created_at, m.updated_at, CASE WHEN m.is_edited THEN m.updated_at END,
            CASE WHEN m.is_deleted THEN greatest(coalesce(m.deleted_at, m.updated_at), m.created_at) END,
            CASE WHEN m.is_deleted THEN coalesce(m.deleted_by_id, m.sender_id) END
        FROM legacy_message m
        JOIN line l ON l.message_id = m.id AND l.kind = 1
        LEFT JOIN (legacy_message a JOIN plan answered ON answered.legacy_id = a.room_id) ON a.id = m.reply_to_id
        LEFT JOIN legacy_thread t ON t.id = m.thread_id
        """;

    private const string Log =
        """
        INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, subject_id, data, created_at)
        SELECT l.room_id, l.seq, l.kind, l.message_id, l.actor_id, l.subject_id,
            CASE l.kind
                WHEN 10 THEN jsonb_build_object('user', jsonb_build_object('id', u.id, 'full_name', btrim(u.first_name || ' ' || u.last_name), 'role', u.role))
                WHEN 3 THEN jsonb_build_object('deleted_by_role', CASE WHEN m.sender_id = l.actor_id THEN 'author' ELSE 'moderator' END)
            END,
            l.at
        FROM line l
        LEFT JOIN users u ON u.id = l.subject_id
        LEFT JOIN legacy_message m ON m.id = l.message_id AND l.kind = 3
        """;

    /// <summary>A pinned thread is a pin on its first message that is still there.</summary>
    private const string Extras =
        """
        INSERT INTO threads (id, room_id, title, created_by, created_at)
        SELECT h.id, p.room_id, h.title, h.created_by_id, h.created_at
        FROM legacy_thread h
        JOIN plan p ON p.legacy_id = h.room_id
        JOIN touched t ON t.room_id = p.room_id
        ON CONFLICT (id) DO NOTHING;
        INSERT INTO pins (message_id, room_id, pinned_by, created_at)
        SELECT DISTINCT ON (h.id) m.id, p.room_id, h.created_by_id, greatest(h.updated_at, m.created_at)
        FROM legacy_thread h
        JOIN legacy_message m ON m.thread_id = h.id AND NOT m.is_deleted
        JOIN plan p ON p.legacy_id = m.room_id
        WHERE h.is_pinned
        ORDER BY h.id, m.created_at, m.id;
        INSERT INTO attachments (message_id, file, file_size, image)
        SELECT m.id, m.file, f.size, m.image
        FROM legacy_message m
        JOIN plan p ON p.legacy_id = m.room_id
        LEFT JOIN media f ON f.path = m.file
        WHERE m.file IS NOT NULL OR m.image IS NOT NULL;
        INSERT INTO legacy.rooms (room_id, digest, head_seq)
        SELECT t.room_id, d.digest, r.head_seq FROM touched t JOIN digest d ON d.room_id = t.room_id JOIN rooms r ON r.id = t.room_id
        """;

    /// <summary>Each with what it does, for whoever waits.</summary>
    public static readonly IReadOnlyList<(string What, string Sql)> All =
    [
        ("numbering the lines of the logs", Number),
        ("writing rooms and members", Rooms),
        ("writing messages", Messages),
        ("writing the logs", Log),
        ("writing threads, pins and attachments", Extras),
    ];

    /// <summary>
    /// Indexes of the two large tables: one that is built at the end costs a third of one that grows row by row. Only where both tables are empty,
    /// and nothing refers to them.
    /// </summary>
    public const string IndexesToBuildAtTheEnd =
        """
        SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
        FROM pg_index i
        LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
        WHERE i.indrelid IN ('messages'::regclass, 'room_events'::regclass)
          AND NOT EXISTS (SELECT FROM messages) AND NOT EXISTS (SELECT FROM room_events)
          AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = i.indrelid)
        ORDER BY 1, 2
        """;

    public const string Analyze = "ANALYZE users, enrollments, rooms, room_members, messages, room_events, attachments, pins, threads, tokens";
}
