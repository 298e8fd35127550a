using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Forum;

/// <summary><c>/api/chat</c> as the replaced system's Forum page calls it, in its shapes; with or without the final slash. What it read wrong is right here.</summary>
internal static class ForumEndpoints
{
    private const int DefaultPage = 50;

    /// <summary>A whole school may be an administrator's contacts, and the page knows no second page.</summary>
    private const int ContactsMax = 2000;

    /// <summary>What the page lists: everything but the school's general room, which has an entry of its own.</summary>
    private static readonly RoomKind[] Kinds = [RoomKind.ForumSubject, RoomKind.ForumTutor, RoomKind.Direct, RoomKind.Group];

    public static IServiceCollection AddForum(this IServiceCollection services)
    {
        services.TryAddSingleton<ForumReads>();
        return services;
    }

    public static void MapForum(this IEndpointRouteBuilder routes)
    {
        var chat = routes.MapGroup("/api/chat").RequireAuthorization().WithTags("forum");
        chat.MapGet("/forum", RoomsAsync).WithSummary("The page's rooms: of courses, direct, groups.");
        chat.MapGet("/forum/{roomId:long}/messages", MessagesAsync).WithSummary("A page of messages counted from the newest, oldest first.");
        chat.MapForumActions();
        chat.MapGet("/available-contacts", ContactsAsync).WithSummary("Whom the asking person may write to.");
        chat.MapPost("/initiate-chat", InitiateAsync).WithSummary("The room of the course that two people have in common, or their direct room.")
            .Produces<SeedRefusal>(StatusCodes.Status403Forbidden);
        chat.MapGet("/notifications", NotificationsAsync).WithSummary("Counters for the page's menu.");
        routes.MapRetired();
    }

    private static async Task<Ok<ForumList>> RoomsAsync(RoomList list, HttpContext context, CancellationToken cancellationToken)
    {
        var rooms = await list.ReadAsync(context.Identity()!.UserId, Kinds, cancellationToken);
        var members = await list.MembersAsync([.. rooms.Select(room => room.Id)], cancellationToken);
        var items = rooms.ConvertAll(room => ForumRoom.Of(room, members[room.Id]));
        return TypedResults.Ok(new ForumList(true, items.Count, items));
    }

    /// <summary>The newest page first (offset 0), each page oldest message first.</summary>
    /// <remarks>Numbers come as texts, because a wrong one is refused in the page's words.</remarks>
    private static async Task<Results<Ok<ForumPage>, JsonHttpResult<SeedRefusal>>> MessagesAsync(
        long roomId,
        string? limit,
        string? offset,
        string? search,
        [FromQuery(Name = "message_type")] string? messageType,
        string? sender,
        RoomAccess access,
        ForumReads reads,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (Number(limit, DefaultPage) is not (>= 1 and <= ChatLimits.PageMaxLength and var size)) return Bad($"limit must be 1 to {ChatLimits.PageMaxLength}");
        if (Number(offset, 0) is not { } skipped) return Bad("offset must be a number, 0 or more");
        if (Number(sender, 0) is not { } senderId) return Bad("sender must be a user's id");
        if (!FieldRules.IsStorable(search)) return Bad("search contains a NUL or half of a surrogate pair");
        if (!FieldRules.IsStorable(messageType)) return Bad("message_type contains a NUL or half of a surrogate pair");

        var reader = context.Identity()!.UserId;
        if (await access.FindAsync(roomId, reader, cancellationToken) is null) return ForumRefusals.NoSuchRoom();
        var filter = new ForumFilter(Blank(search), Blank(messageType), senderId == 0 ? null : senderId, (int)size, skipped);
        var page = await reads.MessagesAsync(roomId, reader, filter, cancellationToken);
        return TypedResults.Ok(new ForumPage(
            true, roomId.ToString(CultureInfo.InvariantCulture), filter.Limit, skipped, page.Count, page.ConvertAll(message => context.WithAbsoluteAddresses(message))));

        static JsonHttpResult<SeedRefusal> Bad(string error) => Problems.Seed(StatusCodes.Status400BadRequest, error);
    }

    private static async Task<Ok<ForumContacts>> ContactsAsync(ContactList contacts, HttpContext context, CancellationToken cancellationToken)
    {
        var found = await contacts.ReadAsync(context.Identity()!.UserId, null, null, ContactsMax, bySubject: true, cancellationToken);
        return TypedResults.Ok(new ForumContacts(true, found.Count, found.ConvertAll(contact => ForumContact.Of(contact, context.Absolute(contact.Avatar)))));
    }

    /// <summary>The course's room where the two have one, else their direct room.</summary>
    private static async Task<Results<Created<ForumChatOpened>, Ok<ForumChatOpened>, JsonHttpResult<SeedRefusal>>> InitiateAsync(
        InitiateBody body, ContactList contacts, RoomMembership membership, RoomList list, HttpContext context, CancellationToken cancellationToken)
    {
        var me = context.Identity()!.UserId;
        if ((body.ContactUserId ?? body.RecipientId) is not { } other) return Problems.Seed(StatusCodes.Status400BadRequest, "contact_user_id is required");
        if (await contacts.FindAsync(me, other, body.SubjectId, cancellationToken) is not { } contact)
            return Problems.Seed(StatusCodes.Status403Forbidden, "You are not allowed to start a chat with this user");

        var (roomId, created) = (contact.RoomId, false);
        if (roomId is null)
        {
            var opened = await membership.OpenDirectAsync(me, other, cancellationToken);
            if (opened.Verdict == MembershipVerdict.Done) (roomId, created) = (opened.RoomId, opened.Changed);
        }

        if (roomId is not { } id || await list.FindAsync(me, id, cancellationToken) is not { } room)
            return Problems.Seed(StatusCodes.Status403Forbidden, "You are not allowed to start a chat with this user");
        var answer = new ForumChatOpened(true, created, ForumChat.Of(room, contact, context.Absolute(contact.Avatar)));
        return created ? TypedResults.Created((string?)null, answer) : TypedResults.Ok(answer);
    }

    private static async Task<Ok<ForumNotifications>> NotificationsAsync(ForumReads reads, HttpContext context, CancellationToken cancellationToken)
    {
        var counters = await reads.CountersAsync(context.Identity()!.UserId, Kinds, cancellationToken);
        return TypedResults.Ok(new ForumNotifications(
            counters.Rooms, counters.ActiveRooms, counters.Messages, counters.Unread, counters.People, counters.UnreadRooms, counters.Unread > 0));
    }

    private static long? Number(string? text, long missing) => string.IsNullOrEmpty(text) ? missing
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Blank(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <param name="ContactUserId">With whom.</param>
    /// <param name="RecipientId">The same, as a later generation of clients calls it.</param>
    /// <param name="SubjectId">About what; null = whatever the two have in common.</param>
    internal sealed record InitiateBody(long? ContactUserId, long? RecipientId, long? SubjectId);
}
