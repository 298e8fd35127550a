using System.Globalization;

namespace TheBot.Tests.Import;

/// <summary>A database of the replaced system of a given size, the same at every run; made by its server.</summary>
/// <remarks>
/// Of 300,000 messages: 8,000 enrollments, 15,000 rooms (each enrollment's with the teacher, four of five with the tutor, the rest groups), of which
/// one in twenty has a second one that lost its link; 12,000 people; a read position for every member and read rows for a tenth of the messages.
/// </remarks>
internal static class LegacyScale
{
    public static async Task WriteAsync(LegacySchool school, int messages, TimeSpan? patience = null)
    {
        var enrollments = Math.Max(40, (int)(messages * 8000L / 300_000));
        await school.ExecuteLongAsync(Sql(messages, enrollments, students: enrollments / 2, teachers: Math.Max(5, enrollments / 40)), patience ?? Deadline.Patience);
    }

    private static string Sql(int messages, int enrollments, int students, int teachers) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        INSERT INTO accounts_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined, role, phone, is_verified, created_at, updated_at)
        SELECT n, '!', false, 'u' || n, 'Имя' || n, 'Фамилия' || n, 'u' || n || '@school.example', n = 1, true, t, role, '', true, t, t
        FROM (
            SELECT n, CASE WHEN n <= {students} THEN 'student' WHEN n <= 2 * {students} THEN 'parent' WHEN n <= 2 * {students} + {teachers} THEN 'teacher' ELSE 'tutor' END,
                timestamptz '2025-08-01 00:00:00+00' + n * interval '1 second'
            FROM generate_series(1, 2 * {students} + 2 * {teachers}) AS n) AS p (n, role, t);
        INSERT INTO accounts_studentprofile (goal, progress_percentage, streak_days, total_points, accuracy_percentage, parent_id, tutor_id, user_id, generated_username, telegram, telegram_id)
        SELECT '', 0, 0, 0, 0, n + {students}, CASE WHEN n % 5 <> 0 THEN 2 * {students} + {teachers} + 1 + n % {teachers} END, n, '', '', ''
        FROM generate_series(1, {students}) AS n;
        INSERT INTO materials_subject (id, name, description, color) SELECT n, 'Предмет ' || n, '', '#fff' FROM generate_series(1, 20) AS n;
        INSERT INTO materials_subjectenrollment (id, enrolled_at, is_active, student_id, subject_id, teacher_id)
        SELECT n, timestamptz '2025-09-01 00:00:00+00' + n * interval '1 second', n % 10 <> 0, 1 + n % {students}, 1 + n / {students} % 20, 2 * {students} + 1 + n % {teachers}
        FROM generate_series(1, {enrollments}) AS n;
        INSERT INTO authtoken_token (key, created, user_id) SELECT substr(encode(sha256(id::text::bytea), 'hex'), 1, 40), created_at, id FROM accounts_user;
        INSERT INTO chat_chatroom (id, name, description, type, is_active, created_at, updated_at, created_by_id, auto_delete_days, enrollment_id)
        SELECT row_number() OVER (ORDER BY e.id, kind), 'Предмет ' || e.subject_id || ' - Имя' || e.student_id || ' Фамилия' || e.student_id || ' ↔ Имя' || e.teacher_id || ' Фамилия' || e.teacher_id,
            '', kind, true, e.enrolled_at, e.enrolled_at, e.student_id, 7, CASE WHEN twin THEN NULL ELSE e.id END
        FROM materials_subjectenrollment e
        CROSS JOIN (VALUES ('forum_subject', false), ('forum_subject', true), ('forum_tutor', false)) AS k (kind, twin)
        JOIN accounts_studentprofile p ON p.user_id = e.student_id
        WHERE (NOT twin OR e.id % 20 = 0) AND (kind <> 'forum_tutor' OR p.tutor_id IS NOT NULL);
        INSERT INTO chat_chatroom (name, description, type, is_active, created_at, updated_at, created_by_id, auto_delete_days, id)
        SELECT 'Группа ' || n, '', CASE n WHEN 1 THEN 'general' ELSE 'group' END, true, timestamptz '2025-09-01 00:00:00+00', timestamptz '2025-09-01 00:00:00+00', 2 * {students} + 1 + n % {teachers}, 7,
            n + (SELECT max(id) FROM chat_chatroom)
        FROM generate_series(1, {enrollments} / 40 + 1) AS n;
        INSERT INTO chat_chatroom_participants (chatroom_id, user_id)
        SELECT r.id, u FROM chat_chatroom r LEFT JOIN materials_subjectenrollment e ON e.id = r.enrollment_id
        CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[r.created_by_id, coalesce(e.teacher_id, 2 * {students} + 1 + r.created_by_id % {teachers}), r.created_by_id % {students} + 1])) AS s (u);
        INSERT INTO chat_chatparticipant (joined_at, last_read_at, is_muted, is_admin, user_id, room_id)
        SELECT r.created_at, r.created_at + (s.id % 100) * interval '1 day', false, false, s.user_id, s.chatroom_id
        FROM chat_chatroom_participants s JOIN chat_chatroom r ON r.id = s.chatroom_id;
        INSERT INTO chat_message (id, content, message_type, is_edited, created_at, updated_at, reply_to_id, room_id, sender_id, is_deleted, deleted_at)
        SELECT n, 'Сообщение ' || n || ' ' || repeat('слово ', (n % 17)::int), 'text', n % 30 = 0, t, t + CASE WHEN n % 30 = 0 THEN interval '1 minute' ELSE interval '0' END,
            CASE WHEN n % 11 = 0 AND n > 1000 THEN n - rooms.many * (n / rooms.many / 2) END, 1 + n::bigint * 7919 % rooms.many,
            1 + n % (2 * {students} + 2 * {teachers}), n % 50 = 0, CASE WHEN n % 50 = 0 THEN t + interval '1 hour' END
        FROM (SELECT n, timestamptz '2025-09-02 00:00:00+00' + n * interval '5 seconds' AS t FROM generate_series(1, {messages}) AS n) AS m
        CROSS JOIN (SELECT count(*) AS many FROM chat_chatroom) AS rooms;
        INSERT INTO chat_messageread (read_at, message_id, user_id) SELECT created_at, id, 1 + id % {students} FROM chat_message WHERE id % 10 = 0;
        SELECT setval(pg_get_serial_sequence('chat_message', 'id'), {messages}), setval(pg_get_serial_sequence('chat_chatroom', 'id'), (SELECT max(id) FROM chat_chatroom)),
            setval(pg_get_serial_sequence('accounts_user', 'id'), (SELECT max(id) FROM accounts_user)),
            setval(pg_get_serial_sequence('materials_subjectenrollment', 'id'), (SELECT max(id) FROM materials_subjectenrollment));
        ANALYZE
        """);
}
