using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

public sealed partial class SchoolRoster
{
    private const string TutorIdField = "tutor_id";
    private const string GuardianIdField = "guardian_id";

    /// <summary>A tutor looks after a student: they join the tutors' room of each enrollment, with its whole history.</summary>
    public Task<RosterResult<RosterLink>> AssignTutorAsync(long studentId, long tutorId, CancellationToken cancellationToken) =>
        LinkAsync(
            "INSERT INTO tutorships (student_id, tutor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            new(studentId, tutorId), Role.Tutor, TutorIdField, mustFit: true, cancellationToken);

    /// <summary>A tutor looks after a student no longer and leaves their rooms; the rooms stay.</summary>
    public Task<RosterResult<RosterLink>> RemoveTutorAsync(long studentId, long tutorId, CancellationToken cancellationToken) =>
        LinkAsync(
            "DELETE FROM tutorships WHERE student_id = $1 AND tutor_id = $2",
            new(studentId, tutorId), Role.Tutor, TutorIdField, mustFit: false, cancellationToken);

    /// <summary>A parent answers for a student: they join every room that follows from the student's enrollments, with its whole history.</summary>
    public Task<RosterResult<RosterLink>> AddGuardianAsync(long studentId, long guardianId, CancellationToken cancellationToken) =>
        LinkAsync(
            "INSERT INTO guardianships (student_id, guardian_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            new(studentId, guardianId), Role.Parent, GuardianIdField, mustFit: true, cancellationToken);

    /// <summary>A parent answers for a student no longer and leaves every room where that was their only reason.</summary>
    public Task<RosterResult<RosterLink>> RemoveGuardianAsync(long studentId, long guardianId, CancellationToken cancellationToken) =>
        LinkAsync(
            "DELETE FROM guardianships WHERE student_id = $1 AND guardian_id = $2",
            new(studentId, guardianId), Role.Parent, GuardianIdField, mustFit: false, cancellationToken);

    /// <param name="write">$1 student, $2 adult; touches a row only where something changes.</param>
    /// <param name="link">Who.</param>
    /// <param name="role">The role that the adult's place asks for.</param>
    /// <param name="field">The adult's wire name.</param>
    /// <param name="mustFit">False when a link ends: somebody whose role has changed since, or who was deleted, can be removed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private Task<RosterResult<RosterLink>> LinkAsync(
        string write, RosterLink link, Role role, string field, bool mustFit, CancellationToken cancellationToken) =>
        ChangeAsync(
            [link.StudentId, link.AdultId],
            async change =>
            {
                if (Fault(change, link.StudentId, Role.Student, mustFit) is { } student) return RosterResult<RosterLink>.Refused(student, StudentIdField);
                if (Fault(change, link.AdultId, role, mustFit) is { } adult) return RosterResult<RosterLink>.Refused(adult, field);
                var changed = await change.ExecuteAsync(write, Value(link.StudentId), Value(link.AdultId)).ConfigureAwait(false) > 0;
                if (changed) await change.ProvisionAsync(link.StudentId).ConfigureAwait(false);
                return RosterResult<RosterLink>.Done(link, changed);
            },
            cancellationToken);

    private static RosterFault? Fault(RosterChange change, long userId, Role role, bool mustFit) =>
        mustFit ? change.Judge(userId, role) : change.Holds([userId]) ? null : RosterFault.UserNotFound;
}
