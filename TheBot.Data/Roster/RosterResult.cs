namespace TheBot.Data.Roster;

/// <summary>Why a change of the roster was refused. The same question gets the same answer.</summary>
public enum RosterFault
{
    /// <summary>No such user, or a deleted one.</summary>
    UserNotFound,

    /// <summary>The user has another role than this place asks for.</summary>
    WrongRole,

    /// <summary>No such subject.</summary>
    SubjectNotFound,

    /// <summary>No such enrollment, or a deleted one.</summary>
    EnrollmentNotFound,

    /// <summary>The user name belongs to an account of which something else is said here.</summary>
    UsernameTaken,

    /// <summary>The external id belongs to a subject of another name.</summary>
    ExternalIdTaken,

    /// <summary>The student learns this subject from another teacher at present; that enrollment must end first.</summary>
    AnotherTeacher,

    /// <summary>The student had this subject with this teacher before; that enrollment can be taken up again, and there is only one of it.</summary>
    EnrollmentExists,

    /// <summary>Somebody else has changed it since the asking person read it.</summary>
    Outdated,
}

/// <summary>What became of a change of the roster.</summary>
/// <param name="Value">What there is now; null where it was refused.</param>
/// <param name="Changed">False = the roster said so already.</param>
/// <param name="Fault">Why it was refused, or null.</param>
/// <param name="Field">Which part of the question the fault is about, by its wire name.</param>
public readonly record struct RosterResult<T>(T? Value, bool Changed, RosterFault? Fault, string? Field) where T : class
{
    internal static RosterResult<T> Done(T value, bool changed = true) => new(value, changed, null, null);

    internal static RosterResult<T> Refused(RosterFault fault, string field) => new(null, false, fault, field);
}

/// <summary>A user to be.</summary>
public sealed record NewUser(string Username, Schema.Role Role)
{
    public string FirstName { get; init; } = "";
    public string LastName { get; init; } = "";
    public string? Email { get; init; }

    /// <summary>As <see cref="Schema.User.PasswordHash"/>.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>In the clear, to be hashed on its way in; goes before <see cref="PasswordHash"/>.</summary>
    public string? Password { get; init; }

    public bool IsAdministrator { get; init; }
    public bool IsDemo { get; init; }

    /// <summary>Not the compiler's: it would print the password.</summary>
    public override string ToString() => $"user {Username}";
}

/// <summary>What shall become of a user; null = as it is.</summary>
public sealed record UserChange
{
    public string? FirstName { get; init; }
    public string? LastName { get; init; }

    /// <summary>Empty = none.</summary>
    public string? Email { get; init; }

    public bool? IsAdministrator { get; init; }
}

/// <summary>What shall become of an enrollment; null = as it is.</summary>
public sealed record EnrollmentChange
{
    public long? TeacherId { get; init; }

    /// <summary>Empty = the subject's own name.</summary>
    public string? CustomSubjectName { get; init; }
}

/// <summary>A user of the roster.</summary>
/// <param name="Version">Changes with each of the others.</param>
public sealed record RosterUser(
    long Id, string Username, string? Email, string FirstName, string LastName, Schema.Role Role, bool IsAdministrator, bool IsActive, string Version);

/// <summary>A subject of the roster.</summary>
/// <param name="Version">Changes with the name.</param>
public sealed record RosterSubject(long Id, string Name, string? ExternalId, string Version);

/// <summary>An enrollment with the rooms that follow from it.</summary>
/// <param name="Version">Changes with each of the others but for <paramref name="Rooms"/>.</param>
public sealed record RosterEnrollment(
    long Id, long StudentId, long SubjectId, long TeacherId, string? CustomSubjectName, bool IsActive, string Version, IReadOnlyList<RosterRoom> Rooms);

/// <summary>A room that follows from an enrollment.</summary>
public sealed record RosterRoom(long Id, Schema.RoomKind Kind, string Name);

/// <summary>An adult beside a student: a tutor or a guardian.</summary>
public sealed record RosterLink(long StudentId, long AdultId);

/// <summary>An enrollment to be.</summary>
public sealed record NewEnrollment(long StudentId, long SubjectId, long TeacherId, string? CustomSubjectName);

/// <summary>A subject to be, with the school's own key for it.</summary>
public sealed record NewSubject(string Name, string ExternalId);

/// <summary>What became of many rows that were loaded at once.</summary>
/// <param name="Ids">What the rows stand for now, in their order; empty where a row has no id, and where there are faults.</param>
/// <param name="Changed">How many rows said something new.</param>
/// <param name="Faults">Every row that the roster cannot take, in order; where there is one, nothing was written.</param>
public sealed record RosterLoad(IReadOnlyList<long> Ids, int Changed, IReadOnlyList<RowFault> Faults);

/// <param name="Row">Its place among the rows, from 0.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Field">With which part of it, by its wire name.</param>
public sealed record RowFault(int Row, RosterFault Fault, string Field);
