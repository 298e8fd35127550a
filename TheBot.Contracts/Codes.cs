namespace TheBot.Contracts;

/// <summary>Why the server closes a WebSocket, and whether to come back.</summary>
/// <remarks>4001 and 4002 are what the seed's clients take as final; otherwise 4000-4499 = come back, 4500-4999 = do not (docs/protocol.md).</remarks>
public static class CloseCode
{
    /// <summary>RFC 6455: the replica leaves; come back.</summary>
    public const int GoingAway = 1001;

    /// <summary>RFC 6455: an inbound message over <see cref="ChatLimits.FrameMaxBytes"/>.</summary>
    public const int TooBig = 1009;

    /// <summary>RFC 6455: a fault of ours; come back.</summary>
    public const int Fault = 1011;

    /// <summary>RFC 6455: the replica restarts; come back.</summary>
    public const int Restart = 1012;

    /// <summary>No or no valid token. Final.</summary>
    public const int NotAuthenticated = 4001;

    /// <summary>Seed's dialect: no access, no such room, or removed from it. Final.</summary>
    public const int NoAccess = 4002;

    /// <summary>The reader was too slow for its queue; come back and resume.</summary>
    public const int Slow = 4008;

    /// <summary>Sent faster than the limit allows; come back later.</summary>
    public const int RateLimited = 4029;

    /// <summary>v1: the client did not ask for the subprotocol that this address speaks. Final.</summary>
    public const int WrongProtocol = 4500;

    /// <summary>v1 and hub: the token or the account is no longer valid. Final.</summary>
    public const int Revoked = 4501;

    /// <summary>Whether coming back is of no use: the same would happen again.</summary>
    public static bool IsFinal(int code) => code is NotAuthenticated or NoAccess or (>= 4500 and <= 4999);
}

/// <summary>What went wrong, by a name that never changes: in error frames, in problem details, in failed hub calls.</summary>
public static class ErrorCode
{
    /// <summary>A field is missing or breaks its rule.</summary>
    public const string Validation = "validation_error";

    /// <summary>Not allowed to this person in this room.</summary>
    public const string AccessDenied = "access_denied";

    /// <summary>No such thing, or none that this person may see.</summary>
    public const string NotFound = "not_found";

    /// <summary>The same client id was used for another text.</summary>
    public const string Conflict = "client_id_conflict";

    /// <summary>A moderator has muted this person.</summary>
    public const string Muted = "muted";

    /// <summary>The room can be read only: locked, or its enrollment has ended.</summary>
    public const string ReadOnly = "read_only";

    /// <summary>Slow mode: too soon after the last message.</summary>
    public const string SlowMode = "slow_mode";

    /// <summary>Too many requests; <c>retry_after</c> tells the seconds.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>Not stored for want of the database; may be sent again under the same client id.</summary>
    public const string Save = "save_error";

    /// <summary>No or no valid token.</summary>
    public const string NotAuthenticated = "not_authenticated";

    /// <summary>What the answer depends on, such as the school's login provider, does not answer; try again.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>v1: a frame of a type that this server does not know.</summary>
    public const string UnknownType = "unknown_type";

    /// <summary>v1: the connection follows as many rooms as it may.</summary>
    public const string TooManyRooms = "too_many_rooms";

    /// <summary>The user name belongs to somebody else.</summary>
    public const string UsernameTaken = "username_taken";

    /// <summary>The student learns this subject from another teacher at present.</summary>
    public const string AnotherTeacher = "another_teacher";

    /// <summary>The student had this subject with this teacher before: that enrollment can be taken up again, and there is only one of it.</summary>
    public const string EnrollmentExists = "enrollment_exists";

    /// <summary>The external id belongs to a subject of another name.</summary>
    public const string ExternalIdTaken = "external_id_taken";

    /// <summary>Somebody else changed the thing since the asking person read it; the answer to <c>If-Match</c>.</summary>
    public const string Outdated = "outdated";

    /// <summary>An address of the replaced system that is no more; the answer names the one to use.</summary>
    public const string Gone = "gone";

    /// <summary>The two may not write to each other.</summary>
    public const string NotAContact = "not_a_contact";

    /// <summary>A fault of ours; the log has it.</summary>
    public const string Internal = "internal_error";
}
