using System.Globalization;
using TheBot.Contracts;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Forum;

// The replaced system's shapes: members in its order, and its habit of giving some ids as strings.

internal sealed record ForumList(bool Success, int Count, List<ForumRoom> Results);

internal sealed record ForumRoom(
    long Id,
    string Name,
    string Description,
    string Type,
    int ParticipantsCount,
    Person[] Participants,
    ForumSubject? Subject,
    bool IsActive,
    string CreatedAt,
    string UpdatedAt,
    ForumPreview? LastMessage,
    int UnreadCount)
{
    private const int PreviewLength = 100;

    public static ForumRoom Of(RoomListing room, IEnumerable<Person> participants) => new(
        room.Id,
        room.Name,
        room.Description,
        room.Kind.ToWire(),
        room.MembersCount,
        [.. participants],
        room is { Kind: RoomKind.ForumSubject, SubjectId: { } id, SubjectName: { } name } ? new ForumSubject(id, name) : null,
        room is { Writable: true, Locked: false },
        WireTime.Format(room.CreatedAt),
        WireTime.Format(room.UpdatedAt),
        room.LastMessage is { } last ? new ForumPreview(last.Id, Preview(last.Content), last.Sender, WireTime.Format(last.CreatedAt)) : null,
        room.Unread);

    /// <summary>The beginning of a text, never ending within a surrogate pair.</summary>
    private static string Preview(string text) =>
        text.Length <= PreviewLength ? text : text[..(char.IsHighSurrogate(text[PreviewLength - 1]) ? PreviewLength - 1 : PreviewLength)];
}

internal sealed record ForumSubject(long Id, string Name);

internal sealed record ForumPreview(long Id, string Content, Person Sender, string CreatedAt);

internal sealed record ForumPage(bool Success, string ChatId, int Limit, long Offset, int Count, List<ChatMessage> Results);

internal sealed record ForumMessage(bool Success, ChatMessage Message);

internal sealed record ForumDeleted(bool Success, string MessageId, long DeletedBy, string DeletedByRole, string DeletedAt);

internal sealed record ForumPinned(bool Success, string MessageId, string ThreadId, bool IsPinned, string Action);

internal sealed record ForumLocked(bool Success, string ChatId, bool IsLocked, bool IsActive, string Action);

internal sealed record ForumMuted(bool Success, string ChatId, string UserId, bool IsMuted, string Action);

internal sealed record ForumRead(bool Success, string ChatId);

internal sealed record ForumContacts(bool Success, int Count, List<ForumContact> Results);

internal sealed record ForumContact(
    long Id,
    long UserId,
    string Email,
    string FirstName,
    string LastName,
    string FullName,
    string Role,
    bool IsTeacher,
    bool IsTutor,
    string? Avatar,
    string? AvatarUrl,
    ForumSubject? Subject,
    bool HasActiveChat,
    long? ChatId)
{
    public static ForumContact Of(Contact contact, string? avatar) => new(
        contact.Person.Id,
        contact.Person.Id,
        contact.Email ?? "",
        contact.FirstName,
        contact.LastName,
        contact.Person.FullName,
        contact.Person.Role,
        contact.Person.Role == "teacher",
        contact.Person.Role == "tutor",
        avatar,
        avatar,
        contact is { SubjectId: { } id, SubjectName: { } name } ? new ForumSubject(id, name) : null,
        contact.RoomId is not null,
        contact.RoomId);
}

internal sealed record ForumChatOpened(bool Success, bool Created, ForumChat Chat);

internal sealed record ForumChat(
    long Id, string RoomId, string Type, ForumOther OtherUser, string CreatedAt, ForumLast? LastMessage, int UnreadCount, string Name)
{
    public static ForumChat Of(RoomListing room, Contact other, string? avatar) => new(
        room.Id,
        string.Create(CultureInfo.InvariantCulture, $"chat_room_{room.Id}"),
        room.Kind.ToWire(),
        new ForumOther(other.Person.Id, other.FirstName, other.LastName, other.Email ?? "", avatar),
        WireTime.Format(room.CreatedAt),
        room.LastMessage is { } last ? new ForumLast(last.Id, last.Content, last.Sender.Id, WireTime.Format(last.CreatedAt)) : null,
        room.Unread,
        room.Name);
}

internal sealed record ForumOther(long Id, string FirstName, string LastName, string Email, string? Avatar);

internal sealed record ForumLast(long Id, string Content, long SenderId, string CreatedAt);

/// <summary>What the call answered, and what the page's hook reads: the two never were the same.</summary>
internal sealed record ForumNotifications(
    int TotalRooms, int ActiveRooms, long TotalMessages, long UnreadMessages, int ParticipantsCount, int UnreadThreads, bool HasNewMessages);
