using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Rooms;

namespace TheBot.ChatApi.Rooms;

/// <summary>The rooms that people open themselves: one for each pair, and groups of staff. Every call may be repeated; making a group where it has a client_id.</summary>
internal static class GroupEndpoints
{
    public static void MapGroups(this RouteGroupBuilder rooms)
    {
        rooms.MapPut("/direct/{userId:long}", OpenDirectAsync).WithSummary("The one room with somebody whom the asking person may write to.")
            .WithDescription("Parallel calls from both sides give one room; 201 for the call that made it.");
        rooms.MapPost("/", CreateGroupAsync).WithSummary("A teacher, tutor or administrator makes a group of people whom they may write to, and manages it.")
            .WithDescription("The same client_id again gets the group that it made (200 instead of 201).");
        rooms.MapPut("/{roomId:long}/members/{userId:long}", AddAsync).WithSummary("Somebody comes into a group; they see what is said from now on.");
        rooms.MapDelete("/{roomId:long}/members/{userId:long}", RemoveAsync).WithSummary("Somebody leaves a group, or is put out by who manages it.");
    }

    private static async Task<Results<Created<RoomItem>, Ok<RoomItem>, ProblemHttpResult>> OpenDirectAsync(
        long userId, RoomMembership membership, RoomList list, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var result = await membership.OpenDirectAsync(context.Identity()!.UserId, userId, cancellationToken);
        if (result.Verdict != MembershipVerdict.Done) return Refusal(result.Verdict, "user_id");
        return await ShowAsync(result, list, time, context, cancellationToken);
    }

    private static async Task<Results<Created<RoomItem>, Ok<RoomItem>, ProblemHttpResult>> CreateGroupAsync(
        GroupBody body, RoomMembership membership, RoomList list, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var name = rules.Text("name", body.Name, ChatLimits.RoomNameMaxLength);
        var description = rules.Optional("description", body.Description, ChatLimits.RoomDescriptionMaxLength) ?? "";
        if (body.ClientId is { } id && !FieldRules.IsClientId(id)) rules.Break("client_id", FieldRules.ClientIdRule);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var members = body.MemberIds ?? [];
        if (members.Length > ChatLimits.GroupMaxMembers) return Refusal(MembershipVerdict.Full, "member_ids");
        var result = await membership.CreateGroupAsync(
            context.Identity()!.UserId, name, description, body.ClientId, members, ChatLimits.GroupMaxMembers, cancellationToken);
        if (result.Verdict != MembershipVerdict.Done) return Refusal(result.Verdict, "member_ids");
        return await ShowAsync(result, list, time, context, cancellationToken);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AddAsync(
        long roomId, long userId, RoomMembership membership, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await membership.AddAsync(roomId, context.Identity()!.UserId, userId, ChatLimits.GroupMaxMembers, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        long roomId, long userId, RoomMembership membership, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await membership.RemoveAsync(roomId, context.Identity()!.UserId, userId, cancellationToken));

    private static Results<NoContent, ProblemHttpResult> Answer(MembershipResult result) =>
        result.Verdict == MembershipVerdict.Done ? TypedResults.NoContent() : Refusal(result.Verdict, "user_id");

    private static async Task<Results<Created<RoomItem>, Ok<RoomItem>, ProblemHttpResult>> ShowAsync(
        MembershipResult result, RoomList list, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        // gone between the two only where somebody was put out of it at this very moment
        if (await list.FindAsync(context.Identity()!.UserId, result.RoomId, cancellationToken) is not { } room) return RoomsEndpoints.NoSuchRoom();
        var item = RoomItem.Of(room, time.GetUtcNow());
        return result.Changed ? TypedResults.Created($"/api/v1/rooms/{room.Id}", item) : TypedResults.Ok(item);
    }

    private static ProblemHttpResult Refusal(MembershipVerdict verdict, string field) => verdict switch
    {
        MembershipVerdict.NoAccess => RoomsEndpoints.NoSuchRoom(),
        MembershipVerdict.NotManager => Problems.Denied("Its members follow the roster, or somebody else manages it."),
        MembershipVerdict.NotStaff => Problems.Denied("Only teachers, tutors and administrators make groups."),
        MembershipVerdict.Protected => Problems.Denied("Who made the group is not put out of it."),
        MembershipVerdict.NoSuchUser => Problems.Of(
            StatusCodes.Status404NotFound, ErrorCode.NotFound, $"{field}: there is no such user", (field, "there is no such user")),
        MembershipVerdict.NotAContact => Problems.Of(
            StatusCodes.Status403Forbidden, ErrorCode.NotAContact, $"{field}: nobody whom you may write to", (field, "nobody whom you may write to")),
        MembershipVerdict.Conflict => Problems.Of(
            StatusCodes.Status422UnprocessableEntity, ErrorCode.Conflict, "client_id: made a group of another name or description", ("client_id", "made a group of another name or description")),
        MembershipVerdict.Full => Problems.Invalid((field, $"a group has at most {ChatLimits.GroupMaxMembers} people")),
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
