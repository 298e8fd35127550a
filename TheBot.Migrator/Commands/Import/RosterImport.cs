namespace TheBot.Migrator.Commands.Import;

/// <summary>People and roster, statement after statement. Whatever points to nobody is left out and told.</summary>
internal static class RosterImport
{
    /// <summary>What is sound: both ends exist. A parent or tutor who is the student answers for nobody.</summary>
    private const string Sound =
        """
        CREATE TEMP TABLE sound_enrollment ON COMMIT DROP AS
        SELECT e.*
        FROM legacy_enrollment e
        JOIN legacy_user student ON student.id = e.student_id
        JOIN legacy_user teacher ON teacher.id = e.teacher_id
        JOIN legacy_subject s ON s.id = e.subject_id;
        ALTER TABLE sound_enrollment ADD PRIMARY KEY (id);
        CREATE INDEX ON sound_enrollment (student_id);
        CREATE TEMP TABLE sound_guardian ON COMMIT DROP AS
        SELECT DISTINCT p.user_id AS student_id, p.parent_id AS guardian_id, student.created_at AS since
        FROM legacy_student p
        JOIN legacy_user student ON student.id = p.user_id
        JOIN legacy_user guardian ON guardian.id = p.parent_id
        WHERE p.user_id <> p.parent_id;
        -- the tutor of the profile comes first where there are two, because the room is called after the first
        CREATE TEMP TABLE sound_tutor ON COMMIT DROP AS
        SELECT t.student_id, t.tutor_id, min(t.since) AS since
        FROM (
            SELECT p.user_id, p.tutor_id, u.created_at FROM legacy_student p JOIN legacy_user u ON u.id = p.user_id
            UNION ALL
            SELECT u.id, u.created_by_tutor_id, u.created_at + interval '1 microsecond'
            FROM legacy_user u
            WHERE u.id IN (SELECT user_id FROM legacy_student UNION SELECT student_id FROM legacy_enrollment)) AS t (student_id, tutor_id, since)
        JOIN legacy_user tutor ON tutor.id = t.tutor_id
        WHERE t.student_id <> t.tutor_id
        GROUP BY t.student_id, t.tutor_id;
        ANALYZE sound_enrollment, sound_guardian, sound_tutor
        """;

    /// <summary>
    /// What is gone there goes here. Rooms of gone enrollments first, whole, because the enrollment's key may be wanted again at once; people last,
    /// when nothing names them any more (<see cref="DropPeople"/>), but their names are free from here on.
    /// </summary>
    private const string MakeWay =
        """
        CREATE TEMP TABLE gone_enrollment ON COMMIT DROP AS
        SELECT id FROM enrollments
        WHERE id < (SELECT below FROM legacy.owned WHERE name = 'enrollments') AND NOT EXISTS (SELECT FROM sound_enrollment s WHERE s.id = enrollments.id);
        CREATE TEMP TABLE stale_room ON COMMIT DROP AS SELECT r.id FROM rooms r WHERE r.enrollment_id IN (SELECT id FROM gone_enrollment);
        ALTER TABLE stale_room ADD PRIMARY KEY (id)
        """;

    private const string Upsert =
        """
        DELETE FROM enrollments WHERE id IN (SELECT id FROM gone_enrollment);
        UPDATE users SET username = '~' || id
        FROM legacy.owned o
        WHERE o.name = 'users' AND users.id < o.below AND NOT EXISTS (SELECT FROM legacy_user l WHERE l.id = users.id AND l.username = users.username);
        INSERT INTO users (id, username, email, password_hash, first_name, last_name, role, is_administrator, is_active, is_demo, avatar, created_at)
        SELECT id, username, nullif(email, ''), password, first_name, last_name,
            CASE WHEN role IN ('student', 'teacher', 'tutor', 'parent') THEN role ELSE 'student' END, is_administrator, is_active, false, nullif(avatar, ''), created_at
        FROM legacy_user
        ORDER BY id
        ON CONFLICT (id) DO UPDATE SET
            username = excluded.username, email = excluded.email, password_hash = excluded.password_hash, first_name = excluded.first_name,
            last_name = excluded.last_name, role = excluded.role, is_administrator = excluded.is_administrator, is_active = excluded.is_active,
            avatar = excluded.avatar, created_at = excluded.created_at
        WHERE (users.username, users.email, users.password_hash, users.first_name, users.last_name, users.role, users.is_administrator, users.is_active,
                users.avatar, users.created_at)
            IS DISTINCT FROM (excluded.username, excluded.email, excluded.password_hash, excluded.first_name, excluded.last_name, excluded.role,
                excluded.is_administrator, excluded.is_active, excluded.avatar, excluded.created_at);
        INSERT INTO subjects (id, name) SELECT id, name FROM legacy_subject ORDER BY id
        ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE subjects.name <> excluded.name;
        UPDATE enrollments SET is_active = false FROM sound_enrollment s WHERE s.id = enrollments.id AND NOT s.is_active AND enrollments.is_active;
        INSERT INTO enrollments (id, student_id, subject_id, teacher_id, custom_subject_name, is_active, created_at)
        SELECT id, student_id, subject_id, teacher_id, custom_subject_name, is_active, enrolled_at FROM sound_enrollment ORDER BY id
        ON CONFLICT (id) DO UPDATE SET
            student_id = excluded.student_id, subject_id = excluded.subject_id, teacher_id = excluded.teacher_id,
            custom_subject_name = excluded.custom_subject_name, is_active = excluded.is_active, created_at = excluded.created_at
        WHERE (enrollments.student_id, enrollments.subject_id, enrollments.teacher_id, enrollments.custom_subject_name, enrollments.is_active, enrollments.created_at)
            IS DISTINCT FROM (excluded.student_id, excluded.subject_id, excluded.teacher_id, excluded.custom_subject_name, excluded.is_active, excluded.created_at);
        DELETE FROM guardianships g
        WHERE NOT EXISTS (SELECT FROM sound_guardian s WHERE s.student_id = g.student_id AND s.guardian_id = g.guardian_id);
        INSERT INTO guardianships (student_id, guardian_id, since) SELECT student_id, guardian_id, since FROM sound_guardian
        ON CONFLICT (student_id, guardian_id) DO UPDATE SET since = excluded.since WHERE guardianships.since <> excluded.since;
        DELETE FROM tutorships t WHERE NOT EXISTS (SELECT FROM sound_tutor s WHERE s.student_id = t.student_id AND s.tutor_id = t.tutor_id);
        INSERT INTO tutorships (student_id, tutor_id, since) SELECT student_id, tutor_id, since FROM sound_tutor
        ON CONFLICT (student_id, tutor_id) DO UPDATE SET since = excluded.since WHERE tutorships.since <> excluded.since;
        ANALYZE users, subjects, enrollments, guardianships, tutorships
        """;

    private const string Tokens =
        """
        DELETE FROM tokens t WHERE t.device = 'imported' AND NOT EXISTS (SELECT FROM legacy_token l WHERE l.hash = t.hash AND l.user_id = t.user_id);
        INSERT INTO tokens (hash, user_id, device, created_at, last_used_at)
        SELECT l.hash, l.user_id, 'imported', l.created, l.created FROM legacy_token l JOIN legacy_user u ON u.id = l.user_id
        ON CONFLICT (hash) DO NOTHING
        """;

    /// <summary>
    /// The last thing: nothing names those any more who are gone there. Whoever is not there and said something all the same gets an account that opens
    /// nothing, so that every message has somebody who wrote it.
    /// </summary>
    public const string DropPeople =
        """
        DELETE FROM tokens WHERE user_id IN (
            SELECT u.id FROM users u JOIN legacy.owned o ON o.name = 'users' AND u.id < o.below WHERE NOT EXISTS (SELECT FROM legacy_user l WHERE l.id = u.id));
        DELETE FROM users u USING legacy.owned o
        WHERE o.name = 'users' AND u.id < o.below AND NOT EXISTS (SELECT FROM legacy_user l WHERE l.id = u.id);
        DELETE FROM subjects s USING legacy.owned o
        WHERE o.name = 'subjects' AND s.id < o.below AND NOT EXISTS (SELECT FROM legacy_subject l WHERE l.id = s.id);
        INSERT INTO users (id, username, first_name, last_name, role, is_administrator, is_active, is_demo, created_at, deleted_at)
        SELECT m.sender_id, '~' || m.sender_id, '', '', 'student', false, false, false, min(m.created_at), max(m.created_at)
        FROM messages m
        WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = m.sender_id)
        GROUP BY m.sender_id
        """;

    public static readonly IReadOnlyList<string> Before = [Sound, MakeWay];

    /// <summary>After the rooms of gone enrollments are gone.</summary>
    public static readonly IReadOnlyList<string> After = [Upsert, Tokens];
}
