using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

/// <summary>Many rows at once. All are written, or none and every row that cannot be is named; rows that say what is known change nothing.</summary>
/// <remarks>
/// Two rows for the same thing are the caller's to refuse. Rows are written in one transaction that holds people and no room; the rooms follow
/// (<see cref="RoomProvisioner.ConvergeWaitingAsync"/>), so that nobody's conversation waits for a load.
/// </remarks>
public sealed partial class SchoolRoster
{
    /// <summary>Loads accounts, known by their user names. A password's hash counts for new ones only: people may have changed theirs since.</summary>
    /// <param name="users">User names are different.</param>
    /// <param name="judgeOnly">Only names the rows that cannot be written.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public async Task<RosterLoad> LoadUsersAsync(IReadOnlyList<NewUser> users, bool judgeOnly, CancellationToken cancellationToken)
    {
        const string Row = "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) WITH ORDINALITY AS row (username, email, first_name, last_name, role, is_administrator, place)";
        var names = Values(Array(users, user => user.Username));
        return await LoadAsync(
            [],
            judgeOnly,
            async change =>
            {
                var said = new[]
                {
                    names, Values(Array(users, user => Blank(user.Email))), Values(Array(users, user => user.FirstName.Trim())), Values(Array(users, user => user.LastName.Trim())),
                    Values(Array(users, user => user.Role.ToString().ToLowerInvariant())), Values(Array(users, user => user.IsAdministrator)),
                };
                var made = await change.ExecuteAsync(
                    $"""
                    INSERT INTO users (username, email, first_name, last_name, role, is_administrator, is_active, password_hash, is_demo)
                    SELECT row.username, row.email, row.first_name, row.last_name, row.role, row.is_administrator, true, ($7::text[])[row.place], ($8::boolean[])[row.place]
                    FROM {Row}
                    ORDER BY row.username
                    ON CONFLICT (username) DO NOTHING
                    """,
                    [.. said.Select(Copy), Values(Array(users, user => user.PasswordHash)), Values(Array(users, user => user.IsDemo))]).ConfigureAwait(false);
                var found = await change.QueryAsync(
                    $"""
                    SELECT u.id, (u.email, u.first_name, u.last_name, u.role, u.is_administrator)
                        IS NOT DISTINCT FROM (row.email, row.first_name, row.last_name, row.role, row.is_administrator)
                    FROM {Row}
                    JOIN users u ON u.username = row.username
                    ORDER BY row.place
                    """,
                    row => (Id: row.GetInt64(0), IsSame: row.GetBoolean(1)),
                    [.. said.Select(Copy)]).ConfigureAwait(false);
                return new RosterLoad(
                    [.. found.Select(row => row.Id)],
                    made,
                    [.. found.Index().Where(row => !row.Item.IsSame).Select(row => new RowFault(row.Index, RosterFault.UsernameTaken, "username"))]);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Loads subjects, known by the school's own keys, which are different.</summary>
    public Task<RosterLoad> LoadSubjectsAsync(IReadOnlyList<NewSubject> subjects, bool judgeOnly, CancellationToken cancellationToken) =>
        LoadAsync(
            [],
            judgeOnly,
            async change =>
            {
                var (names, keys) = (Array(subjects, subject => subject.Name.Trim()), Array(subjects, subject => subject.ExternalId.Trim()));
                var made = await change.ExecuteAsync(
                    """
                    INSERT INTO subjects (name, external_id)
                    SELECT row.name, row.key FROM unnest($1::text[], $2::text[]) AS row (name, key) ORDER BY row.key
                    ON CONFLICT (external_id) DO NOTHING
                    """,
                    Values(names),
                    Values(keys)).ConfigureAwait(false);
                var found = await change.QueryAsync(
                    """
                    SELECT s.id, s.name = row.name
                    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS row (name, key, place)
                    JOIN subjects s ON s.external_id = row.key
                    ORDER BY row.place
                    """,
                    row => (Id: row.GetInt64(0), IsSame: row.GetBoolean(1)),
                    Values(names),
                    Values(keys)).ConfigureAwait(false);
                return new RosterLoad(
                    [.. found.Select(row => row.Id)],
                    made,
                    [.. found.Index().Where(row => !row.Item.IsSame).Select(row => new RowFault(row.Index, RosterFault.ExternalIdTaken, "external_id"))]);
            },
            cancellationToken);

    /// <summary>Loads enrollments; no two for the same student and subject. One that had ended, or was deleted, goes on.</summary>
    public Task<RosterLoad> LoadEnrollmentsAsync(IReadOnlyList<NewEnrollment> enrollments, bool judgeOnly, CancellationToken cancellationToken) =>
        LoadAsync(
            [.. enrollments.SelectMany(row => new[] { row.StudentId, row.TeacherId }).Distinct()],
            judgeOnly,
            async change =>
            {
                var (students, subjects) = (Array(enrollments, row => row.StudentId), Array(enrollments, row => row.SubjectId));
                var known = (await change.QueryAsync(
                    "SELECT id FROM subjects WHERE id = ANY ($1) ORDER BY id FOR SHARE", row => row.GetInt64(0), Values(Array(subjects.Distinct(), id => id))).ConfigureAwait(false)).ToHashSet();
                var active = (await change.QueryAsync(
                    """
                    SELECT e.student_id, e.subject_id, e.teacher_id
                    FROM unnest($1::bigint[], $2::bigint[]) AS row (student_id, subject_id)
                    JOIN enrollments e ON e.student_id = row.student_id AND e.subject_id = row.subject_id AND e.is_active
                    """,
                    row => (Pair: (row.GetInt64(0), row.GetInt64(1)), Teacher: row.GetInt64(2)),
                    Values(students),
                    Values(subjects)).ConfigureAwait(false)).ToDictionary(row => row.Pair, row => row.Teacher);
                var faults = new List<RowFault>();
                foreach (var (place, row) in enrollments.Index())
                {
                    if (change.Judge(row.StudentId, Role.Student) is { } student) faults.Add(new(place, student, StudentIdField));
                    if (change.Judge(row.TeacherId, Role.Teacher) is { } teacher) faults.Add(new(place, teacher, TeacherIdField));
                    if (!known.Contains(row.SubjectId)) faults.Add(new(place, RosterFault.SubjectNotFound, SubjectIdField));
                    else if (active.TryGetValue((row.StudentId, row.SubjectId), out var other) && other != row.TeacherId) faults.Add(new(place, RosterFault.AnotherTeacher, SubjectIdField));
                }

                if (faults.Count > 0) return new RosterLoad([], 0, faults);
                var taken = await change.QueryAsync(
                    """
                    INSERT INTO enrollments (student_id, subject_id, teacher_id, custom_subject_name, is_active)
                    SELECT row.student_id, row.subject_id, row.teacher_id, row.custom_name, true
                    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS row (student_id, subject_id, teacher_id, custom_name)
                    ON CONFLICT (student_id, subject_id, teacher_id) DO UPDATE
                    SET is_active = true, deleted_at = NULL, custom_subject_name = coalesce(excluded.custom_subject_name, enrollments.custom_subject_name)
                    WHERE NOT enrollments.is_active
                    RETURNING student_id
                    """,
                    row => row.GetInt64(0),
                    Values(students),
                    Values(subjects),
                    Values(Array(enrollments, row => row.TeacherId)),
                    Values(Array(enrollments, row => Blank(row.CustomSubjectName)))).ConfigureAwait(false);
                var ids = await change.QueryAsync(
                    """
                    SELECT e.id
                    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS row (student_id, subject_id, teacher_id, place)
                    JOIN enrollments e ON (e.student_id, e.subject_id, e.teacher_id) = (row.student_id, row.subject_id, row.teacher_id)
                    ORDER BY row.place
                    """,
                    row => row.GetInt64(0),
                    Values(students),
                    Values(subjects),
                    Values(Array(enrollments, row => row.TeacherId))).ConfigureAwait(false);
                await change.ProvisionLaterAsync([.. taken.Distinct()]).ConfigureAwait(false);
                return new RosterLoad(ids, taken.Count, []);
            },
            cancellationToken);

    /// <summary>Loads who looks after whom; pairs are different.</summary>
    public Task<RosterLoad> LoadTutorshipsAsync(IReadOnlyList<RosterLink> links, bool judgeOnly, CancellationToken cancellationToken) =>
        LoadLinksAsync(
            "INSERT INTO tutorships (student_id, tutor_id) SELECT unnest($1), unnest($2) ON CONFLICT DO NOTHING RETURNING student_id",
            links, Role.Tutor, TutorIdField, judgeOnly, cancellationToken);

    /// <summary>Loads who answers for whom; pairs are different.</summary>
    public Task<RosterLoad> LoadGuardianshipsAsync(IReadOnlyList<RosterLink> links, bool judgeOnly, CancellationToken cancellationToken) =>
        LoadLinksAsync(
            "INSERT INTO guardianships (student_id, guardian_id) SELECT unnest($1), unnest($2) ON CONFLICT DO NOTHING RETURNING student_id",
            links, Role.Parent, GuardianIdField, judgeOnly, cancellationToken);

    private Task<RosterLoad> LoadLinksAsync(string write, IReadOnlyList<RosterLink> links, Role role, string field, bool judgeOnly, CancellationToken cancellationToken) =>
        LoadAsync(
            [.. links.SelectMany(link => new[] { link.StudentId, link.AdultId }).Distinct()],
            judgeOnly,
            async change =>
            {
                var faults = new List<RowFault>();
                foreach (var (place, link) in links.Index())
                {
                    if (change.Judge(link.StudentId, Role.Student) is { } student) faults.Add(new(place, student, StudentIdField));
                    if (change.Judge(link.AdultId, role) is { } adult) faults.Add(new(place, adult, field));
                }

                if (faults.Count > 0) return new RosterLoad([], 0, faults);
                var made = await change.QueryAsync(
                    write, row => row.GetInt64(0), Values(Array(links, link => link.StudentId)), Values(Array(links, link => link.AdultId))).ConfigureAwait(false);
                await change.ProvisionLaterAsync([.. made.Distinct()]).ConfigureAwait(false);
                return new RosterLoad([], made.Count, []);
            },
            cancellationToken);

    private async Task<RosterLoad> LoadAsync(long[] people, bool judgeOnly, Func<RosterChange, Task<RosterLoad>> load, CancellationToken cancellationToken)
    {
        var result = await ChangeAsync(
            people,
            async change =>
            {
                var done = await load(change).ConfigureAwait(false);
                return RosterResult<RosterLoad>.Done(done, changed: done.Changed > 0 && done.Faults.Count == 0 && !judgeOnly);
            },
            cancellationToken).ConfigureAwait(false);
        return result.Value!;
    }

    private static TValue[] Array<TRow, TValue>(IEnumerable<TRow> rows, Func<TRow, TValue> value) => [.. rows.Select(value)];

    /// <summary>A parameter belongs to one command.</summary>
    private static Npgsql.NpgsqlParameter Copy(Npgsql.NpgsqlParameter parameter) => (Npgsql.NpgsqlParameter)((ICloneable)parameter).Clone();
}
