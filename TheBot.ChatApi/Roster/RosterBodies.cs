namespace TheBot.ChatApi.Roster;

// What administrators send. Every field may be missing here, so that one answer can name all that are.

internal sealed record UserBody(string? Username, string? Email, string? Password, string? FirstName, string? LastName, string? Role, bool? IsAdministrator)
{
    /// <summary>Not the compiler's: it would print the password.</summary>
    public override string ToString() => nameof(UserBody);
}

internal sealed record SubjectBody(string? Name);

internal sealed record EnrollmentBody(long? StudentId, long? SubjectId, long? TeacherId, string? CustomSubjectName);

// What they get.

internal sealed record UserAnswer(long Id, string Username, string FirstName, string LastName, string FullName, string Role, bool IsAdministrator);

internal sealed record SubjectAnswer(long Id, string Name);

internal sealed record EnrollmentAnswer(
    long Id, long StudentId, long SubjectId, long TeacherId, string? CustomSubjectName, bool IsActive, IEnumerable<RoomAnswer> Rooms);

internal sealed record RoomAnswer(long Id, string Kind, string Name);
