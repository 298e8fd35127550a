using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Rooms;

/// <summary>Lists of rooms: ours, and the one of the replaced system's Forum page.</summary>
internal static class RoomsEndpoints
{
    private const int PreviewLength = 100;

    private static readonly RoomKind[] AllKinds = Enum.GetValues<RoomKind>();
    private static readonly RoomKind[] ForumKinds = [RoomKind.ForumSubject, RoomKind.ForumTutor];

    /// <summary>Registers the list and the permission question.</summary>
    public static IServiceCollection AddRooms(this IServiceCollection services)
    {
        services.TryAddSingleton<RoomAccess>();
        services.TryAddSingleton<RoomList>();
        return services;
    }

    public static IEndpointRouteBuilder MapRooms(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/rooms", ListAsync).RequireAuthorization().WithTags("rooms")
            .WithSummary("The rooms that the asking person may see, the most recently active first.")
            .WithDescription("unread counts others' messages after read_seq up to 100; 100 means 100 or more.");
        routes.MapGet("/api/chat/forum", ForumAsync).RequireAuthorization().WithTags("forum");
        return routes;
    }

    private static async Task<Ok<List<RoomItem>>> ListAsync(RoomList list, HttpContext context, CancellationToken cancellationToken)
    {
        var rooms = await list.ReadAsync(context.Identity()!.UserId, AllKinds, cancellationToken);
        return TypedResults.Ok(rooms.ConvertAll(room => new RoomItem(
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
            room.MembersCount,
            room.LastMessage,
            WireTime.Format(room.CreatedAt),
            WireTime.Format(room.UpdatedAt))));
    }

    private static async Task<Ok<ForumList>> ForumAsync(RoomList list, HttpContext context, CancellationToken cancellationToken)
    {
        var rooms = await list.ReadAsync(context.Identity()!.UserId, ForumKinds, cancellationToken);
        var members = await list.MembersAsync([.. rooms.Select(room => room.Id)], cancellationToken);
        var items = rooms.ConvertAll(room => new ForumItem(
            room.Id,
            room.Name,
            room.Description,
            room.Kind.ToWire(),
            room.MembersCount,
            [.. members[room.Id]],
            room is { Kind: RoomKind.ForumSubject, SubjectId: { } id, SubjectName: { } name } ? new ForumSubject(id, name) : null,
            room is { Writable: true, Locked: false },
            WireTime.Format(room.CreatedAt),
            WireTime.Format(room.UpdatedAt),
            room.LastMessage is { } last ? new ForumPreview(last.Id, Preview(last.Content), last.Sender, WireTime.Format(last.CreatedAt)) : null,
            room.Unread));
        return TypedResults.Ok(new ForumList(true, items.Count, items));
    }

    /// <summary>The beginning of a text, never ending within a surrogate pair.</summary>
    private static string Preview(string text) =>
        text.Length <= PreviewLength ? text : text[..(char.IsHighSurrogate(text[PreviewLength - 1]) ? PreviewLength - 1 : PreviewLength)];

    private sealed record RoomItem(
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
        int MembersCount,
        ChatMessage? LastMessage,
        string CreatedAt,
        string UpdatedAt);

    private sealed record ForumList(bool Success, int Count, List<ForumItem> Results);

    private sealed record ForumItem(
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
        int UnreadCount);

    private sealed record ForumSubject(long Id, string Name);

    private sealed record ForumPreview(long Id, string Content, Person Sender, string CreatedAt);
}
