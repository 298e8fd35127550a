using TheBot.Contracts;
using TheBot.Data.Schema;

namespace TheBot.Data.Rooms;

/// <summary>A room as one of its readers finds it in their list.</summary>
public sealed record RoomListing
{
    public required long Id { get; init; }
    public required RoomKind Kind { get; init; }

    /// <summary>Its name; of a direct room the other one's full name as it is now.</summary>
    public required string Name { get; init; }

    /// <summary>What its name leaves out.</summary>
    public required string Description { get; init; }

    /// <summary>The length of its log.</summary>
    public required long HeadSeq { get; init; }

    /// <summary>How far they have read.</summary>
    public required long ReadSeq { get; init; }

    /// <summary>Others' messages after that, not deleted, counted up to <see cref="RoomList.UnreadCap"/>; 0 for who only looks.</summary>
    public required int Unread { get; init; }

    /// <summary>May write; false = an administrator who looks.</summary>
    public required bool IsMember { get; init; }

    /// <summary>Whether the enrollment goes on; of a direct room, whether the two may still write to each other.</summary>
    public required bool Writable { get; init; }

    /// <summary>A moderator's lock.</summary>
    public required bool Locked { get; init; }

    /// <summary>Seconds between two messages of one member who does not moderate; 0 = none.</summary>
    public required int SlowModeSeconds { get; init; }

    /// <summary>Until when they may not write; may be over.</summary>
    public required DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether they moderate here (docs/permissions.md).</summary>
    public required bool Moderates { get; init; }

    /// <summary>Whether they pin messages here.</summary>
    public required bool Pins { get; init; }

    /// <summary>People with an active account who are in it.</summary>
    public required int MembersCount { get; init; }

    /// <summary>The newest message they may see, or null.</summary>
    public required ChatMessage? LastMessage { get; init; }

    /// <summary>Of the enrollment, or null.</summary>
    public required long? SubjectId { get; init; }

    /// <summary>Of the enrollment, or null.</summary>
    public required string? SubjectName { get; init; }

    /// <summary>Direct rooms: the other one.</summary>
    public required Person? Other { get; init; }

    /// <summary>Changes with each of the room's settings, and with nothing else.</summary>
    public required string Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last event was.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
