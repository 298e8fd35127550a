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

    /// <summary>No such enrollment.</summary>
    EnrollmentNotFound,

    /// <summary>The user name belongs to somebody else.</summary>
    UsernameTaken,

    /// <summary>The student learns this subject from another teacher at present; that enrollment must end first.</summary>
    AnotherTeacher,
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

    public bool IsAdministrator { get; init; }
    public bool IsDemo { get; init; }
}

/// <summary>A user of the roster.</summary>
public sealed record RosterUser(long Id, string Username, string FirstName, string LastName, Schema.Role Role, bool IsAdministrator);

/// <summary>A subject of the roster.</summary>
public sealed record RosterSubject(long Id, string Name);

/// <summary>An enrollment with the rooms that follow from it.</summary>
public sealed record RosterEnrollment(
    long Id, long StudentId, long SubjectId, long TeacherId, string? CustomSubjectName, bool IsActive, IReadOnlyList<RosterRoom> Rooms);

/// <summary>A room that follows from an enrollment.</summary>
public sealed record RosterRoom(long Id, Schema.RoomKind Kind, string Name);

/// <summary>An adult beside a student: a tutor or a guardian.</summary>
public sealed record RosterLink(long StudentId, long AdultId);
