using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Rooms;

/// <summary>What people find: their rooms, who and what is in them, whom they may write to. Each answer takes the same few SQL commands however long it is.</summary>
/// <remarks>Lists are JSON arrays; the next page is named by a <c>Link</c> header (RFC 8288), absent on the last one.</remarks>
internal static class RoomsEndpoints
{
    private const int DefaultPage = 100;

    private static readonly RoomKind[] AllKinds = Enum.GetValues<RoomKind>();

    /// <summary>Registers the lists, the permission question and the rooms that people open themselves.</summary>
    public static IServiceCollection AddRooms(this IServiceCollection services)
    {
        services.TryAddSingleton<RoomAccess>();
        services.TryAddSingleton<RoomList>();
        services.TryAddSingleton<RoomDetails>();
        services.TryAddSingleton<ContactList>();
        services.TryAddSingleton<RoomMembership>();
        return services;
    }

    public static IEndpointRouteBuilder MapRooms(this IEndpointRouteBuilder routes)
    {
        var rooms = routes.MapGroup("/api/v1/rooms").RequireAuthorization().WithTags("rooms");
        rooms.MapGet("/", ListAsync).WithSummary("The rooms that the asking person may see, the most recently active first.")
            .WithDescription("unread counts others' messages after read_seq up to 100; 100 means 100 or more.");
        rooms.MapGet("/{roomId:long}", FindAsync).WithSummary("One room, with its version as ETag.");
        rooms.MapGet("/{roomId:long}/members", MembersAsync).WithSummary("Who is in it, ordered by id.");
        rooms.MapGet("/{roomId:long}/pins", PinsAsync).WithSummary("Its pinned messages, the last pinned first, at most 100.");
        rooms.MapGet("/{roomId:long}/messages/{messageId:long}/reactions", ReactionsAsync).WithTags("messages").WithSummary("The emoji on a message, the oldest first.");
        rooms.MapGroups();
        routes.MapGet("/api/v1/contacts", ContactsAsync).RequireAuthorization().WithTags("rooms").WithSummary("Whom the asking person may write to, by name.");
        return routes;
    }

    private static async Task<Results<Ok<List<RoomItem>>, ProblemHttpResult>> ListAsync(
        [Range(1, ChatLimits.ListMaxLength)] int? limit, string? cursor, RoomList list, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (PageOf(limit, out var size) is { } problem) return problem;
        (DateTimeOffset, long)? after = null;
        if (cursor is not null && (after = Place(cursor)) is null) return Problems.Invalid(("cursor", "is not one that this list gave"));
        var rooms = await list.ReadAsync(context.Identity()!.UserId, AllKinds, after, size, cancellationToken);
        if (rooms.Count == size)
            NextPage(context, $"limit={size}&cursor={string.Create(CultureInfo.InvariantCulture, $"{rooms[^1].UpdatedAt.UtcTicks}.{rooms[^1].Id}")}");
        var now = time.GetUtcNow();
        return TypedResults.Ok(rooms.ConvertAll(room => RoomItem.Of(room, now)));
    }

    private static async Task<Results<Ok<RoomItem>, ProblemHttpResult>> FindAsync(
        long roomId, RoomList list, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (await list.FindAsync(context.Identity()!.UserId, roomId, cancellationToken) is not { } room) return NoSuchRoom();
        context.Response.SetVersion(room.Version);
        return TypedResults.Ok(RoomItem.Of(room, time.GetUtcNow()));
    }

    private static async Task<Results<Ok<List<MemberItem>>, ProblemHttpResult>> MembersAsync(
        long roomId,
        [Range(1, ChatLimits.ListMaxLength)] int? limit,
        long? after,
        RoomList list,
        RoomDetails details,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (PageOf(limit, out var size) is { } problem) return problem;
        var reader = context.Identity()!.UserId;
        if (await list.FindAsync(reader, roomId, cancellationToken) is not { } room) return NoSuchRoom();
        var members = await details.MembersAsync(roomId, reader, after ?? 0, size, cancellationToken);
        if (members.Count == size) NextPage(context, string.Create(CultureInfo.InvariantCulture, $"limit={size}&after={members[^1].Person.Id}"));
        var now = time.GetUtcNow();
        return TypedResults.Ok(members.ConvertAll(member => MemberItem.Of(member, room.Moderates || member.Person.Id == reader, now)));
    }

    private static async Task<Results<Ok<List<ChatMessage>>, ProblemHttpResult>> PinsAsync(
        long roomId, RoomAccess access, RoomDetails details, HttpContext context, CancellationToken cancellationToken)
    {
        var reader = context.Identity()!.UserId;
        if (await access.FindAsync(roomId, reader, cancellationToken) is null) return NoSuchRoom();
        return TypedResults.Ok(await details.PinsAsync(roomId, reader, cancellationToken));
    }

    private static async Task<Results<Ok<List<ReactionItem>>, ProblemHttpResult>> ReactionsAsync(
        long roomId, long messageId, RoomDetails details, HttpContext context, CancellationToken cancellationToken) =>
        await details.ReactionsAsync(roomId, context.Identity()!.UserId, messageId, cancellationToken) is { } reactions
            ? TypedResults.Ok(reactions.ConvertAll(reaction => new ReactionItem(reaction.Emoji, reaction.Person, WireTime.Format(reaction.At))))
            : Problems.NotFound("No such room or message, or no access to it.");

    private static async Task<Results<Ok<List<ContactItem>>, ProblemHttpResult>> ContactsAsync(
        [MaxLength(ChatLimits.RoomNameMaxLength)] string? search,
        [Range(1, ChatLimits.ListMaxLength)] int? limit,
        string? after,
        ContactList list,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (PageOf(limit, out var size) is { } problem) return problem;
        var rules = new FieldRules();
        var part = rules.Optional("search", search, ChatLimits.RoomNameMaxLength);
        (string, long)? place = null;
        if (after is not null && (place = Named(after)) is null) return Problems.Invalid(("after", "is not one that this list gave"));
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var contacts = await list.ReadAsync(context.Identity()!.UserId, part, place, size, bySubject: false, cancellationToken);
        if (contacts.Count == size)
        {
            var (id, name) = (contacts[^1].Person.Id, contacts[^1].Person.FullName);
            NextPage(context, string.Create(CultureInfo.InvariantCulture, $"limit={size}&search={Uri.EscapeDataString(part ?? "")}&after={id}.{Uri.EscapeDataString(name)}"));
        }

        return TypedResults.Ok(contacts.ConvertAll(contact => new ContactItem(contact.Person, contact.Avatar, contact.RoomId)));
    }

    internal static ProblemHttpResult NoSuchRoom() => Problems.NotFound("No such room, or no access to it.");

    private static ProblemHttpResult? PageOf(int? limit, out int size)
    {
        size = limit ?? DefaultPage;
        return size is < 1 or > ChatLimits.ListMaxLength ? Problems.Invalid(("limit", $"must be 1 to {ChatLimits.ListMaxLength}")) : null;
    }

    private static void NextPage(HttpContext context, string query) =>
        context.Response.Headers[HeaderNames.Link] = $"<{context.Request.PathBase}{context.Request.Path}?{query}>; rel=\"next\"";

    /// <summary><c>ticks.id</c></summary>
    private static (DateTimeOffset UpdatedAt, long Id)? Place(string cursor) =>
        cursor.Split('.') is [var ticks, var id] && Number(ticks) is { } at && at <= DateTimeOffset.MaxValue.UtcTicks && Number(id) is { } room
            ? (new DateTimeOffset(at, TimeSpan.Zero), room)
            : null;

    /// <summary><c>id.name</c></summary>
    private static (string Name, long Id)? Named(string cursor) =>
        cursor.Split('.', 2) is [var id, var name] && Number(id) is { } user && !name.Contains('\0', StringComparison.Ordinal) ? (name, user) : null;

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
