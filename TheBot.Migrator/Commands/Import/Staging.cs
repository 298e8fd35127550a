namespace TheBot.Migrator.Commands.Import;

/// <summary>What is read from the replaced system, and the tables of this session that it is read into; they end with its transaction.</summary>
internal static class Staging
{
    /// <summary>Each table with the columns that are made here, and the query that fills it there.</summary>
    public static readonly IReadOnlyList<(string Table, string Columns, string Query)> Small =
    [
        (
            "legacy_user",
            """
            id bigint PRIMARY KEY, username text, email text, password text, first_name text, last_name text, role text, is_administrator boolean,
            is_active boolean, avatar text, created_at timestamptz, created_by_tutor_id bigint
            """,
            """
            SELECT id, username::text, email::text, password::text, first_name::text, last_name::text, role::text, is_staff OR is_superuser, is_active,
                avatar::text, created_at, created_by_tutor_id
            FROM accounts_user
            """),
        ("legacy_student", "user_id bigint, parent_id bigint, tutor_id bigint", "SELECT user_id, parent_id, tutor_id FROM accounts_studentprofile"),
        ("legacy_subject", "id bigint PRIMARY KEY, name text", "SELECT id, name::text FROM materials_subject"),
        (
            "legacy_enrollment",
            "id bigint PRIMARY KEY, student_id bigint, subject_id bigint, teacher_id bigint, custom_subject_name text, is_active boolean, enrolled_at timestamptz",
            "SELECT id, student_id, subject_id, teacher_id, custom_subject_name::text, is_active, enrolled_at FROM materials_subjectenrollment"),

        // hashed there: a token in clear never leaves its database
        ("legacy_token", "hash bytea, user_id bigint, created timestamptz", "SELECT sha256(convert_to(key, 'UTF8')), user_id, created FROM authtoken_token"),
        (
            "legacy_room",
            "id bigint PRIMARY KEY, name text, description text, type text, is_active boolean, created_at timestamptz, created_by_id bigint, enrollment_id bigint",
            "SELECT id, name::text, description, type::text, is_active, created_at, created_by_id, enrollment_id FROM chat_chatroom"),
        (
            "legacy_seat",
            "room_id bigint, user_id bigint, joined_at timestamptz, last_read_at timestamptz, is_muted boolean, is_admin boolean",
            """
            SELECT coalesce(m.chatroom_id, p.room_id), coalesce(m.user_id, p.user_id), p.joined_at, p.last_read_at, coalesce(p.is_muted, false), coalesce(p.is_admin, false)
            FROM chat_chatroom_participants m
            FULL JOIN chat_chatparticipant p ON p.room_id = m.chatroom_id AND p.user_id = m.user_id
            """),
        (
            "legacy_read",
            "room_id bigint, user_id bigint, read_until timestamptz",
            """
            SELECT m.room_id, r.user_id, max(m.created_at)
            FROM chat_messageread r
            JOIN chat_message m ON m.id = r.message_id
            GROUP BY m.room_id, r.user_id
            """),
        (
            "legacy_thread",
            "id bigint PRIMARY KEY, title text, is_pinned boolean, created_at timestamptz, updated_at timestamptz, created_by_id bigint, room_id bigint",
            "SELECT id, title::text, is_pinned, created_at, updated_at, created_by_id, room_id FROM chat_messagethread"),

        // What every message of a room says, in one number: what has not changed since the last run need not be read again. A whole row as text,
        // so that no column is forgotten; added up, because order says nothing here.
        (
            "legacy_digest",
            "room_id bigint PRIMARY KEY, messages bigint, newest bigint, since timestamptz, digest text",
            "SELECT room_id, count(*), max(id), min(created_at), sum(hashtextextended(m::text, 0))::text FROM chat_message m GROUP BY room_id"),
    ];

    public const string MessageTable = "legacy_message";

    public const string MessageColumns =
        """
        id bigint, room_id bigint, sender_id bigint, content text, type text, file text, image text, is_edited boolean, created_at timestamptz,
        updated_at timestamptz, reply_to_id bigint, thread_id bigint, is_deleted boolean, deleted_at timestamptz, deleted_by_id bigint
        """;

    /// <summary>Followed by a WHERE where not all are wanted.</summary>
    public const string Messages =
        """
        SELECT id, room_id, sender_id, content, message_type::text, nullif(file, '')::text, nullif(image, '')::text, is_edited, created_at, updated_at, reply_to_id,
            thread_id, is_deleted, deleted_at, deleted_by_id
        FROM chat_message
        """;

    /// <summary>Rooms that only their messages still name: a foreign key that somebody went around. They are kept as rooms of their own.</summary>
    public const string AddLostRooms =
        """
        INSERT INTO legacy_room (id, name, description, type, is_active)
        SELECT room_id, '', '', 'lost', true FROM legacy_digest d WHERE NOT EXISTS (SELECT FROM legacy_room r WHERE r.id = d.room_id);
        CREATE INDEX ON legacy_seat (room_id, user_id);
        CREATE INDEX ON legacy_seat (user_id);
        CREATE INDEX ON legacy_student (user_id);
        ANALYZE legacy_user, legacy_student, legacy_subject, legacy_enrollment, legacy_token, legacy_room, legacy_seat, legacy_read, legacy_thread, legacy_digest
        """;
}
