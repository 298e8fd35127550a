namespace TheBot.Data.Schema;

/// <summary>What is taught. Names are not unique, as in the system this one replaces.</summary>
public sealed class Subject
{
    public long Id { get; set; }
    public required string Name { get; set; }

    /// <summary>The school's own key for it, unique where there is one: a load that is repeated finds the subject instead of making another.</summary>
    public string? ExternalId { get; set; }
}

/// <summary>A student learns a subject from a teacher. The rooms follow from it (<see cref="Roster.RoomProvisioner"/>).</summary>
public sealed class Enrollment
{
    public long Id { get; set; }
    public long StudentId { get; set; }
    public long SubjectId { get; set; }
    public long TeacherId { get; set; }

    /// <summary>What the school calls this course where the subject's own name does not fit.</summary>
    public string? CustomSubjectName { get; set; }

    public bool IsActive { get; set; } = true;
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Deleted ones keep their rooms, and nobody is in them; enrolling again brings both back.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>A tutor looks after a student; a student may have several.</summary>
public sealed class Tutorship
{
    public long StudentId { get; set; }
    public long TutorId { get; set; }
    public DateTimeOffset Since { get; set; }
}

/// <summary>A parent answers for a student; a student may have several.</summary>
public sealed class Guardianship
{
    public long StudentId { get; set; }
    public long GuardianId { get; set; }
    public DateTimeOffset Since { get; set; }
}

/// <summary>A student whose rooms are still to follow the roster: left by a change of many in its transaction, taken by whichever replica comes first.</summary>
public sealed class WaitingStudent
{
    public long StudentId { get; set; }
    public DateTimeOffset Since { get; set; }

    /// <summary>How often the rooms could not follow.</summary>
    public int Attempts { get; set; }

    /// <summary>When to try next.</summary>
    public DateTimeOffset NotBefore { get; set; }
}
