namespace TheBot.Data.Schema;

/// <summary>What a room is for; decides who is in it and who may moderate it.</summary>
/// <remarks>Stored by its wire name (<see cref="RoomKinds"/>).</remarks>
public enum RoomKind
{
    /// <summary>Student, teacher and guardians of one enrollment.</summary>
    ForumSubject,

    /// <summary>Student, tutors and guardians of one enrollment.</summary>
    ForumTutor,

    /// <summary>The whole school: everybody with an active account is a member without a row.</summary>
    General,

    /// <summary>Two people (<see cref="Room.DirectKey"/>).</summary>
    Direct,

    /// <summary>People whom staff put together.</summary>
    Group,
}

/// <summary>The wire names of <see cref="RoomKind"/>.</summary>
public static class RoomKinds
{
    public const string ForumSubject = "forum_subject";
    public const string ForumTutor = "forum_tutor";
    public const string General = "general";
    public const string Direct = "direct";
    public const string Group = "group";

    public static string ToWire(this RoomKind kind) => kind switch
    {
        RoomKind.ForumSubject => ForumSubject,
        RoomKind.ForumTutor => ForumTutor,
        RoomKind.General => General,
        RoomKind.Direct => Direct,
        RoomKind.Group => Group,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static RoomKind FromWire(string name) => name switch
    {
        ForumSubject => RoomKind.ForumSubject,
        ForumTutor => RoomKind.ForumTutor,
        General => RoomKind.General,
        Direct => RoomKind.Direct,
        Group => RoomKind.Group,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}

/// <summary>A conversation. Its row is the lock under which its log grows, and <see cref="HeadSeq"/> is the length of that log.</summary>
public sealed class Room
{
    public const int NameMaxLength = 200;

    public long Id { get; set; }
    public RoomKind Kind { get; set; }

    /// <summary>Forum rooms: the enrollment they follow from; one room of each kind per enrollment.</summary>
    public long? EnrollmentId { get; set; }

    /// <summary>Direct rooms: <c>{lower id}:{higher id}</c>, unique, so that both sides' first message finds one room.</summary>
    public string? DirectKey { get; set; }

    public required string Name { get; set; }
    public string Description { get; set; } = "";
    public long? CreatedBy { get; set; }

    /// <summary>Groups: their maker's own name for the call that made it, unique per maker, so that a repeated call finds the group.</summary>
    public string? ClientId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When its last event was committed; rises with <see cref="HeadSeq"/>.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The seq of the newest event; 0 while there is none.</summary>
    public long HeadSeq { get; set; }

    /// <summary>False while the enrollment is not active: everything can be read, nothing written.</summary>
    public bool Writable { get; set; } = true;

    /// <summary>A moderator's lock: the same effect, another reason.</summary>
    public bool Locked { get; set; }

    /// <summary>Least time between two messages of one member who does not moderate; 0 = none.</summary>
    public int SlowModeSeconds { get; set; }
}

/// <summary>Somebody's place in a room. Without a reason left the row stays (read position, history of membership) and gives no access.</summary>
public sealed class RoomMember
{
    public long RoomId { get; set; }
    public long UserId { get; set; }

    /// <summary>Why they are here (<see cref="MemberReason"/>); empty = a former member.</summary>
    public string[] Reasons { get; set; } = [];

    /// <summary>They see events after this one; 0 = the whole history.</summary>
    public long VisibleFromSeq { get; set; }

    /// <summary>They have read up to this one; never falls.</summary>
    public long ReadSeq { get; set; }

    public DateTimeOffset? MutedUntil { get; set; }
    public DateTimeOffset JoinedAt { get; set; }
    public DateTimeOffset? LeftAt { get; set; }
}

/// <summary>Reasons of membership. Those that follow from the roster are kept by the provisioner; it touches no other.</summary>
public static class MemberReason
{
    public const string Student = "student";
    public const string Teacher = "teacher";
    public const string Tutor = "tutor";
    public const string GuardianPrefix = "guardian:";
    public const string AddedPrefix = "added:";
    public const string Imported = "imported";

    public static string GuardianOf(long studentId) => GuardianPrefix + studentId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static string AddedBy(long userId) => AddedPrefix + userId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
