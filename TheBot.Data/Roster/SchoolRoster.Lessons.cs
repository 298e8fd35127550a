using Npgsql;
using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

public sealed partial class SchoolRoster
{
    private const string EnrollmentIdField = "enrollment_id";

    private const string EnrollmentColumns =
        "id, student_id, subject_id, teacher_id, custom_subject_name, is_active, md5(jsonb_build_array(teacher_id, custom_subject_name, is_active)::text)";

    private const string GetEnrollment = $"SELECT {EnrollmentColumns} FROM enrollments WHERE id = $1 AND deleted_at IS NULL";

    private const string RoomsOf = "SELECT id, kind, name FROM rooms WHERE enrollment_id = $1 ORDER BY id";

    /// <summary>A student learns a subject from a teacher from now on. The same again answers what there is; one that had ended goes on, in its old rooms.</summary>
    public Task<RosterResult<RosterEnrollment>> EnrollAsync(
        long studentId, long subjectId, long teacherId, string? customName, CancellationToken cancellationToken) =>
        ChangeAsync(
            [studentId, teacherId],
            async change =>
            {
                if (change.Judge(studentId, Role.Student) is { } student) return Refused(student, StudentIdField);
                if (change.Judge(teacherId, Role.Teacher) is { } teacher) return Refused(teacher, TeacherIdField);
                var subject = await change.QueryAsync("SELECT id FROM subjects WHERE id = $1 FOR SHARE", row => row.GetInt64(0), Value(subjectId)).ConfigureAwait(false);
                if (subject.Count == 0) return Refused(RosterFault.SubjectNotFound, SubjectIdField);

                var lessons = await change.QueryAsync(
                    $"SELECT {EnrollmentColumns} FROM enrollments WHERE student_id = $1 AND subject_id = $2 AND deleted_at IS NULL", ReadEnrollment, Value(studentId), Value(subjectId)).ConfigureAwait(false);
                var same = lessons.Find(lesson => lesson.TeacherId == teacherId);
                if (same is { IsActive: true }) return await WithRoomsAsync(change, same, changed: false).ConfigureAwait(false);
                if (lessons.Exists(lesson => lesson.IsActive)) return Refused(RosterFault.AnotherTeacher, SubjectIdField);

                var enrolled = await change.QueryAsync(
                    $"""
                    INSERT INTO enrollments (student_id, subject_id, teacher_id, custom_subject_name, is_active) VALUES ($1, $2, $3, $4, true)
                    ON CONFLICT (student_id, subject_id, teacher_id) DO UPDATE
                    SET is_active = true, deleted_at = NULL, custom_subject_name = coalesce(excluded.custom_subject_name, enrollments.custom_subject_name)
                    RETURNING {EnrollmentColumns}
                    """,
                    ReadEnrollment,
                    Value(studentId),
                    Value(subjectId),
                    Value(teacherId),
                    Value(Blank(customName))).ConfigureAwait(false);
                await change.ProvisionAsync(studentId).ConfigureAwait(false);
                return await WithRoomsAsync(change, enrolled[0], changed: true).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>An enrollment with its rooms; null = no such one, or a deleted one.</summary>
    public async Task<RosterEnrollment?> FindEnrollmentAsync(long enrollmentId, CancellationToken cancellationToken)
    {
        if (await FindAsync(GetEnrollment, ReadEnrollment, Value(enrollmentId), cancellationToken).ConfigureAwait(false) is not { } lesson) return null;
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return lesson with { Rooms = await QueryAsync(connection, RoomsOf, ReadRoom, cancellationToken, Value(enrollmentId)).ConfigureAwait(false) };
    }

    /// <summary>The lessons end: the rooms stay for their members to read, and nobody writes there.</summary>
    public Task<RosterResult<RosterEnrollment>> EndEnrollmentAsync(long enrollmentId, CancellationToken cancellationToken) =>
        SetActiveAsync(enrollmentId, active: false, cancellationToken);

    /// <summary>The lessons go on in their old rooms.</summary>
    public Task<RosterResult<RosterEnrollment>> ReactivateAsync(long enrollmentId, CancellationToken cancellationToken) =>
        SetActiveAsync(enrollmentId, active: true, cancellationToken);

    /// <summary>Another teacher takes over (and sees the whole history, while the former one is out at once), or the course gets another name.</summary>
    /// <param name="enrollmentId">Which.</param>
    /// <param name="wanted">What shall be.</param>
    /// <param name="knownVersions">The <see cref="RosterEnrollment.Version"/> that the asking person knows, or several of which it is one; null = any.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public Task<RosterResult<RosterEnrollment>> ChangeEnrollmentAsync(
        long enrollmentId, EnrollmentChange wanted, string[]? knownVersions, CancellationToken cancellationToken) =>
        ChangeLessonAsync(
            enrollmentId,
            [.. wanted.TeacherId is { } asked ? new[] { asked } : []],
            async (change, lesson) =>
            {
                var next = lesson with
                {
                    TeacherId = wanted.TeacherId ?? lesson.TeacherId,
                    CustomSubjectName = wanted.CustomSubjectName is { } name ? Blank(name) : lesson.CustomSubjectName,
                };
                if ((next.TeacherId, next.CustomSubjectName) == (lesson.TeacherId, lesson.CustomSubjectName)) return await WithRoomsAsync(change, lesson, changed: false).ConfigureAwait(false);
                if (knownVersions?.Contains(lesson.Version) is false) return Refused(RosterFault.Outdated, EnrollmentIdField);
                if (next.TeacherId != lesson.TeacherId)
                {
                    if (change.Judge(next.TeacherId, Role.Teacher) is { } fault) return Refused(fault, TeacherIdField);
                    var before = await change.QueryAsync(
                        "SELECT id FROM enrollments WHERE student_id = $1 AND subject_id = $2 AND teacher_id = $3",
                        row => row.GetInt64(0),
                        Value(lesson.StudentId),
                        Value(lesson.SubjectId),
                        Value(next.TeacherId)).ConfigureAwait(false);
                    if (before.Count > 0) return Refused(RosterFault.EnrollmentExists, TeacherIdField);
                }

                var changed = await change.QueryAsync(
                    $"UPDATE enrollments SET teacher_id = $2, custom_subject_name = $3 WHERE id = $1 RETURNING {EnrollmentColumns}",
                    ReadEnrollment,
                    Value(enrollmentId),
                    Value(next.TeacherId),
                    Value(next.CustomSubjectName)).ConfigureAwait(false);
                await change.ProvisionAsync(lesson.StudentId).ConfigureAwait(false);
                return await WithRoomsAsync(change, changed[0], changed: true).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>The enrollment was none: everybody is out of its rooms at once. What was said stays, unseen, until the student is enrolled again.</summary>
    public Task<RosterResult<RosterEnrollment>> DeleteEnrollmentAsync(long enrollmentId, CancellationToken cancellationToken) =>
        ChangeLessonAsync(
            enrollmentId,
            [],
            async (change, lesson) =>
            {
                await change.ExecuteAsync("UPDATE enrollments SET is_active = false, deleted_at = now() WHERE id = $1", Value(enrollmentId)).ConfigureAwait(false);
                await change.ProvisionAsync(lesson.StudentId).ConfigureAwait(false);
                return RosterResult<RosterEnrollment>.Done(lesson with { IsActive = false });
            },
            cancellationToken);

    private Task<RosterResult<RosterEnrollment>> SetActiveAsync(long enrollmentId, bool active, CancellationToken cancellationToken) =>
        ChangeLessonAsync(
            enrollmentId,
            [],
            async (change, lesson) =>
            {
                if (lesson.IsActive == active) return await WithRoomsAsync(change, lesson, changed: false).ConfigureAwait(false);
                if (active && change.Judge(lesson.StudentId, Role.Student) is { } student) return Refused(student, StudentIdField);
                if (active && change.Judge(lesson.TeacherId, Role.Teacher) is { } teacher) return Refused(teacher, TeacherIdField);
                if (active && await IsTaughtAsync(change, lesson).ConfigureAwait(false)) return Refused(RosterFault.AnotherTeacher, EnrollmentIdField);
                var changed = await change.QueryAsync(
                    $"UPDATE enrollments SET is_active = $2 WHERE id = $1 RETURNING {EnrollmentColumns}", ReadEnrollment, Value(enrollmentId), Value(active)).ConfigureAwait(false);
                await change.ProvisionAsync(lesson.StudentId).ConfigureAwait(false);
                return await WithRoomsAsync(change, changed[0], changed: true).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>A change of an enrollment that there is, with its student, its teacher and others held.</summary>
    private Task<RosterResult<RosterEnrollment>> ChangeLessonAsync(
        long enrollmentId, long[] others, Func<RosterChange, RosterEnrollment, Task<RosterResult<RosterEnrollment>>> run, CancellationToken cancellationToken) =>
        RunAsync<RosterEnrollment>(
            database,
            listeners,
            async connection =>
            [
                .. (await QueryAsync(connection, GetEnrollment, ReadEnrollment, cancellationToken, Value(enrollmentId)).ConfigureAwait(false))
                    .SelectMany(lesson => new[] { lesson.StudentId, lesson.TeacherId }),
                .. others,
            ],
            async change =>
            {
                if (await change.QueryAsync(GetEnrollment, ReadEnrollment, Value(enrollmentId)).ConfigureAwait(false) is not [var lesson])
                    return Refused(RosterFault.EnrollmentNotFound, EnrollmentIdField);
                return change.Holds([lesson.StudentId, lesson.TeacherId]) ? await run(change, lesson).ConfigureAwait(false) : null;
            },
            cancellationToken);

    private static async Task<bool> IsTaughtAsync(RosterChange change, RosterEnrollment lesson)
    {
        var active = await change.QueryAsync(
            "SELECT id FROM enrollments WHERE student_id = $1 AND subject_id = $2 AND is_active",
            row => row.GetInt64(0),
            Value(lesson.StudentId),
            Value(lesson.SubjectId)).ConfigureAwait(false);
        return active.Count > 0;
    }

    private static async Task<RosterResult<RosterEnrollment>> WithRoomsAsync(RosterChange change, RosterEnrollment lesson, bool changed)
    {
        var rooms = await change.QueryAsync(RoomsOf, ReadRoom, Value(lesson.Id)).ConfigureAwait(false);
        return RosterResult<RosterEnrollment>.Done(lesson with { Rooms = rooms }, changed);
    }

    private static RosterResult<RosterEnrollment> Refused(RosterFault fault, string field) => RosterResult<RosterEnrollment>.Refused(fault, field);

    private static RosterEnrollment ReadEnrollment(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetBoolean(5), row.GetString(6), []);

    private static RosterRoom ReadRoom(NpgsqlDataReader row) => new(row.GetInt64(0), RoomKinds.FromWire(row.GetString(1)), row.GetString(2));
}
