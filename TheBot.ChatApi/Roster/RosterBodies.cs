using System.ComponentModel.DataAnnotations;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Roster;

// What administrators send. Every field may be missing here, so that one answer can name all that are.

/// <param name="Username">What they log in with; unique in the school.</param>
/// <param name="Password">Null = none opens the account yet.</param>
internal sealed record UserBody(
    [property: Required, StringLength(RosterRules.NameMaxLength, MinimumLength = 1)] string? Username,
    [property: StringLength(RosterRules.EmailMaxLength)] string? Email,
    [property: StringLength(RosterRules.PasswordMaxLength, MinimumLength = 1)] string? Password,
    [property: StringLength(RosterRules.NameMaxLength)] string? FirstName,
    [property: StringLength(RosterRules.NameMaxLength)] string? LastName,
    [property: Required] string? Role,
    bool? IsAdministrator)
{
    /// <summary>Not the compiler's: it would print the password.</summary>
    public override string ToString() => nameof(UserBody);
}

/// <param name="PasswordHash"><c>pbkdf2_sha256$iterations$salt$hash</c>, for new accounts only; null = no password opens it yet.</param>
internal sealed record UserRow(
    [property: Required, StringLength(RosterRules.NameMaxLength, MinimumLength = 1)] string? Username,
    [property: StringLength(RosterRules.EmailMaxLength)] string? Email,
    string? PasswordHash,
    [property: StringLength(RosterRules.NameMaxLength)] string? FirstName,
    [property: StringLength(RosterRules.NameMaxLength)] string? LastName,
    [property: Required] string? Role,
    bool? IsAdministrator)
{
    /// <summary>Not the compiler's: it would print the hash.</summary>
    public override string ToString() => nameof(UserRow);
}

/// <summary>What shall be; null = as it is.</summary>
/// <param name="Email">Empty = none.</param>
internal sealed record UserChangeBody(
    [property: StringLength(RosterRules.NameMaxLength)] string? FirstName,
    [property: StringLength(RosterRules.NameMaxLength)] string? LastName,
    [property: StringLength(RosterRules.EmailMaxLength)] string? Email,
    bool? IsAdministrator);

/// <param name="ExternalId">The school's own key, by which a repeated call finds the subject.</param>
internal sealed record SubjectBody(
    [property: Required, StringLength(RosterRules.SubjectMaxLength, MinimumLength = 1)] string? Name,
    [property: StringLength(RosterRules.ExternalIdMaxLength)] string? ExternalId);

internal sealed record SubjectChangeBody([property: Required, StringLength(RosterRules.SubjectMaxLength, MinimumLength = 1)] string? Name);

/// <param name="CustomSubjectName">What the school calls this course where the subject's own name does not fit.</param>
internal sealed record EnrollmentBody(
    [property: Required] long? StudentId,
    [property: Required] long? SubjectId,
    [property: Required] long? TeacherId,
    [property: StringLength(RosterRules.SubjectMaxLength)] string? CustomSubjectName);

/// <summary>What shall be; null = as it is.</summary>
/// <param name="CustomSubjectName">Empty = the subject's own name.</param>
internal sealed record EnrollmentChangeBody(long? TeacherId, [property: StringLength(RosterRules.SubjectMaxLength)] string? CustomSubjectName);

internal sealed record TutorshipRow([property: Required] long? StudentId, [property: Required] long? TutorId);

internal sealed record GuardianshipRow([property: Required] long? StudentId, [property: Required] long? GuardianId);

// What they get.

internal sealed record UserAnswer(
    long Id, string Username, string? Email, string FirstName, string LastName, string FullName, string Role, bool IsAdministrator, bool IsActive, string Version)
{
    public static UserAnswer Of(RosterUser user) => new(
        user.Id,
        user.Username,
        user.Email,
        user.FirstName,
        user.LastName,
        PersonName.Full(user.FirstName, user.LastName),
        user.Role.ToString().ToLowerInvariant(),
        user.IsAdministrator,
        user.IsActive,
        user.Version);
}

internal sealed record SubjectAnswer(long Id, string Name, string? ExternalId, string Version)
{
    public static SubjectAnswer Of(RosterSubject subject) => new(subject.Id, subject.Name, subject.ExternalId, subject.Version);
}

internal sealed record EnrollmentAnswer(
    long Id, long StudentId, long SubjectId, long TeacherId, string? CustomSubjectName, bool IsActive, IEnumerable<RoomAnswer> Rooms, string Version)
{
    public static EnrollmentAnswer Of(RosterEnrollment enrollment) => new(
        enrollment.Id,
        enrollment.StudentId,
        enrollment.SubjectId,
        enrollment.TeacherId,
        enrollment.CustomSubjectName,
        enrollment.IsActive,
        enrollment.Rooms.Select(room => new RoomAnswer(room.Id, room.Kind.ToWire(), room.Name)),
        enrollment.Version);
}

internal sealed record RoomAnswer(long Id, string Kind, string Name);

/// <summary>What became of a load.</summary>
/// <param name="Changed">Rows that said something new.</param>
/// <param name="Unchanged">Rows that said what is known.</param>
/// <param name="Ids">The ids that the rows stand for, in their order; empty for tutorships and guardianships, which have none.</param>
/// <param name="StudentsWaiting">As of <see cref="ProvisioningAnswer"/>.</param>
internal sealed record LoadAnswer(int Changed, int Unchanged, IReadOnlyList<long> Ids, int StudentsWaiting);

/// <param name="StudentsWaiting">Students whose rooms do not follow the roster yet; 0 = all is done.</param>
/// <param name="StudentsSetAside">Those among them whose rooms could not follow, for a fault of their own; they are tried again, at most 10 minutes later.</param>
internal sealed record ProvisioningAnswer(int StudentsWaiting, int StudentsSetAside);

/// <summary>What is wrong with a row of a load.</summary>
/// <param name="Row">Its number, from 1.</param>
/// <param name="Field">Which field; empty where the row is no object.</param>
/// <param name="Rule">What it breaks.</param>
/// <param name="Code">The same by a name that never changes.</param>
internal sealed record BadRow(int Row, string Field, string Rule, string Code);
