using System.ComponentModel.DataAnnotations;
using TheBot.Contracts;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Rooms;

/// <summary>A room as the asking person finds it.</summary>
/// <param name="Unread">Others' messages after <paramref name="ReadSeq"/>, up to 100, which means 100 or more.</param>
/// <param name="IsMember">False = an administrator who looks.</param>
/// <param name="Writable">False = the enrollment has ended, or the two of a direct room are contacts no longer.</param>
/// <param name="MutedUntil">Until when the asking person may not write, or null.</param>
/// <param name="OtherUser">Direct rooms: the other one.</param>
/// <param name="Rights">What the asking person may do now.</param>
/// <param name="Version">Changes with each of the room's settings; for <c>If-Match</c>.</param>
internal sealed record RoomItem(
    long Id,
    string Kind,
    string Name,
    string Description,
    long HeadSeq,
    long ReadSeq,
    int Unread,
    bool IsMember,
    bool Writable,
    bool Locked,
    int SlowModeSeconds,
    string? MutedUntil,
    int MembersCount,
    Person? OtherUser,
    RoomRights Rights,
    ChatMessage? LastMessage,
    string Version,
    string CreatedAt,
    string UpdatedAt)
{
    public static RoomItem Of(RoomListing room, DateTimeOffset now)
    {
        var muted = room.MutedUntil > now;
        return new RoomItem(
            room.Id,
            room.Kind.ToWire(),
            room.Name,
            room.Description,
            room.HeadSeq,
            room.ReadSeq,
            room.Unread,
            room.IsMember,
            room.Writable,
            room.Locked,
            room.SlowModeSeconds,
            muted ? WireTime.Format(room.MutedUntil!.Value) : null,
            room.MembersCount,
            room.Other,
            new RoomRights(
                room is { IsMember: true, Writable: true, Locked: false } && !muted, room.Pins, room.Moderates, room.Moderates && room.Kind == RoomKind.Group),
            room.LastMessage,
            room.Version,
            WireTime.Format(room.CreatedAt),
            WireTime.Format(room.UpdatedAt));
    }
}

/// <summary>What somebody may do in a room (docs/permissions.md).</summary>
/// <param name="Send">Write, edit and react; slow mode may still make them wait.</param>
/// <param name="Pin">Pin messages.</param>
/// <param name="Moderate">Delete others' messages, lock, mute, set slow mode.</param>
/// <param name="Manage">Rename the group, add and remove people.</param>
internal sealed record RoomRights(bool Send, bool Pin, bool Moderate, bool Manage);

/// <summary>A member of a room.</summary>
/// <param name="Relations">Why they are here: student, teacher, tutor, guardian, added or imported; empty in the general room.</param>
/// <param name="MutedUntil">Only for moderators and the person themselves.</param>
internal sealed record MemberItem(Person User, string[] Relations, string? MutedUntil, string? JoinedAt)
{
    /// <summary>guardian:17 is a guardian; whose is nobody's business here.</summary>
    public static MemberItem Of(MemberListing member, bool showMute, DateTimeOffset now) => new(
        member.Person,
        [.. member.Reasons.Select(reason => reason.Split(':')[0]).Distinct()],
        showMute && member.MutedUntil > now ? WireTime.Format(member.MutedUntil.Value) : null,
        member.JoinedAt is { } at ? WireTime.Format(at) : null);
}

/// <summary>An emoji on a message.</summary>
internal sealed record ReactionItem(string Emoji, Person User, string CreatedAt);

/// <summary>Somebody whom the asking person may write to.</summary>
/// <param name="RoomId">Where the two meet already: a room of a course, or their direct room; null = nowhere yet.</param>
internal sealed record ContactItem(Person User, string? Avatar, long? RoomId);

/// <summary>A group to be.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Description">What it is for.</param>
/// <param name="MemberIds">People whom the maker may write to.</param>
/// <param name="ClientId">The maker's own name for this call, so that a repeated one finds the group.</param>
internal sealed record GroupBody(
    [property: Required, StringLength(ChatLimits.RoomNameMaxLength, MinimumLength = 1)] string? Name,
    [property: StringLength(ChatLimits.RoomDescriptionMaxLength)] string? Description,
    [property: MaxLength(ChatLimits.GroupMaxMembers)] long[]? MemberIds,
    [property: StringLength(ChatLimits.ClientIdMaxLength, MinimumLength = 1), RegularExpression(ChatLimits.ClientIdPattern)] string? ClientId);
