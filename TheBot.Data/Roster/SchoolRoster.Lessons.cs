using Npgsql;
using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

public sealed partial class SchoolRoster
{
    private const string EnrollmentColumns = "id, student_id, subject_id, teacher_id, custom_subject_name, is_active";

    /// <summary>A student learns a subject from a teacher from now on. The same again answers what there is; one that had ended goes on, in its old rooms.</summary>
    public Task<RosterResult<RosterEnrollment>> EnrollAsync(
        long studentId, long subjectId, long teacherId, string? customName, CancellationToken cancellationToken) =>
        ChangeAsync(
            [studentId, teacherId],
            async change =>
            {
                if (change.Judge(studentId, Role.Student) is { } student) return Refused(student, StudentIdField);
                if (change.Judge(teacherId, Role.Teacher) is { } teacher) return Refused(teacher, "teacher_id");
                var subject = await change.QueryAsync("SELECT id FROM subjects WHERE id = $1 FOR SHARE", row => row.GetInt64(0), Value(subjectId)).ConfigureAwait(false);
                if (subject.Count == 0) return Refused(RosterFault.SubjectNotFound, "subject_id");

                var lessons = await change.QueryAsync(
                    $"SELECT {EnrollmentColumns} FROM enrollments WHERE student_id = $1 AND subject_id = $2", ReadEnrollment, Value(studentId), Value(subjectId)).ConfigureAwait(false);
                var same = lessons.Find(lesson => lesson.TeacherId == teacherId);
                if (same is { IsActive: true }) return await WithRoomsAsync(change, same, changed: false).ConfigureAwait(false);
                if (lessons.Exists(lesson => lesson.IsActive)) return Refused(RosterFault.AnotherTeacher, "subject_id");

                var enrolled = await change.QueryAsync(
                    $"""
                    INSERT INTO enrollments (student_id, subject_id, teacher_id, custom_subject_name, is_active) VALUES ($1, $2, $3, $4, true)
                    ON CONFLICT (student_id, subject_id, teacher_id) DO UPDATE
                    SET is_active = true, custom_subject_name = coalesce(excluded.custom_subject_name, enrollments.custom_subject_name)
                    RETURNING {EnrollmentColumns}
                    """,
                    ReadEnrollment,
                    Value(studentId),
                    Value(subjectId),
                    Value(teacherId),
                    Value(string.IsNullOrWhiteSpace(customName) ? null : customName.Trim())).ConfigureAwait(false);
                await change.ProvisionAsync(studentId).ConfigureAwait(false);
                return await WithRoomsAsync(change, enrolled[0], changed: true).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>The lessons end: the rooms stay for their members to read, and nobody writes there.</summary>
    public Task<RosterResult<RosterEnrollment>> EndEnrollmentAsync(long enrollmentId, CancellationToken cancellationToken) =>
        SetActiveAsync(enrollmentId, active: false, cancellationToken);

    /// <summary>The lessons go on in their old rooms.</summary>
    public Task<RosterResult<RosterEnrollment>> ReactivateAsync(long enrollmentId, CancellationToken cancellationToken) =>
        SetActiveAsync(enrollmentId, active: true, cancellationToken);

    private Task<RosterResult<RosterEnrollment>> SetActiveAsync(long enrollmentId, bool active, CancellationToken cancellationToken)
    {
        const string Get = $"SELECT {EnrollmentColumns} FROM enrollments WHERE id = $1";
        return RunAsync<RosterEnrollment>(
            database,
            listeners,
            async connection => [.. (await QueryAsync(connection, Get, ReadEnrollment, cancellationToken, Value(enrollmentId)).ConfigureAwait(false)).Select(e => e.StudentId)],
            async change =>
            {
                if (await change.QueryAsync(Get, ReadEnrollment, Value(enrollmentId)).ConfigureAwait(false) is not [var lesson])
                    return Refused(RosterFault.EnrollmentNotFound, "enrollment_id");
                if (!change.Holds([lesson.StudentId])) return null;
                if (lesson.IsActive == active) return await WithRoomsAsync(change, lesson, changed: false).ConfigureAwait(false);
                if (active && await IsTaughtAsync(change, lesson).ConfigureAwait(false)) return Refused(RosterFault.AnotherTeacher, "enrollment_id");

                await change.ExecuteAsync("UPDATE enrollments SET is_active = $2 WHERE id = $1", Value(enrollmentId), Value(active)).ConfigureAwait(false);
                await change.ProvisionAsync(lesson.StudentId).ConfigureAwait(false);
                return await WithRoomsAsync(change, lesson with { IsActive = active }, changed: true).ConfigureAwait(false);
            },
            cancellationToken);
    }

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
        var rooms = await change.QueryAsync(
            "SELECT id, kind, name FROM rooms WHERE enrollment_id = $1 ORDER BY id",
            row => new RosterRoom(row.GetInt64(0), RoomKinds.FromWire(row.GetString(1)), row.GetString(2)),
            Value(lesson.Id)).ConfigureAwait(false);
        return RosterResult<RosterEnrollment>.Done(lesson with { Rooms = rooms }, changed);
    }

    private static RosterResult<RosterEnrollment> Refused(RosterFault fault, string field) => RosterResult<RosterEnrollment>.Refused(fault, field);

    private static RosterEnrollment ReadEnrollment(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetBoolean(5), []);
}
