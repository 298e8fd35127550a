using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Contracts;

namespace TheBot.ChatApi.Messages;

/// <summary>What moderators do to a room and its members (docs/permissions.md). Every call names a state and may be repeated.</summary>
internal static class ModerationEndpoints
{
    public static void MapModeration(this IEndpointRouteBuilder app)
    {
        var room = app.MapGroup("/api/v1/rooms/{roomId:long}").RequireAuthorization().WithTags("rooms");
        room.MapPatch("/", DescribeAsync).WithSummary("Who manages a group renames it.").TakesIfMatch();
        room.MapPut("/lock", (long roomId, HttpContext context, MessageActions actions) => LockAsync(roomId, true, context, actions))
            .WithSummary("A moderator locks the room: it can only be read.");
        room.MapDelete("/lock", (long roomId, HttpContext context, MessageActions actions) => LockAsync(roomId, false, context, actions))
            .WithSummary("A moderator opens the room again.");
        room.MapPut("/slow-mode", SetSlowModeAsync).WithSummary("The least time between two messages of one member who does not moderate; 0 = none.");
        room.MapPut("/members/{userId:long}/mute", MuteAsync).WithSummary("A moderator mutes a member, until a time or until it is taken back.");
        room.MapDelete("/members/{userId:long}/mute", UnmuteAsync).WithSummary("A moderator lets a member speak again.");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> LockAsync(long roomId, bool locked, HttpContext context, MessageActions actions) =>
        Done(await actions.LockAsync(roomId, UserOf(context), locked));

    private static async Task<Results<NoContent, ProblemHttpResult>> SetSlowModeAsync(long roomId, SlowModeRequest body, HttpContext context, MessageActions actions) =>
        Done(await actions.SetSlowModeAsync(roomId, UserOf(context), body.Seconds));

    private static async Task<Results<NoContent, ProblemHttpResult>> MuteAsync(
        long roomId, long userId, MuteRequest body, HttpContext context, MessageActions actions) =>
        Done(await actions.MuteAsync(roomId, UserOf(context), userId, body.Until));

    private static async Task<Results<NoContent, ProblemHttpResult>> UnmuteAsync(long roomId, long userId, HttpContext context, MessageActions actions) =>
        Done(await actions.UnmuteAsync(roomId, UserOf(context), userId));

    private static async Task<Results<NoContent, ProblemHttpResult>> DescribeAsync(long roomId, DescribeRequest body, HttpContext context, MessageActions actions)
    {
        var rules = new FieldRules();
        var name = rules.Text("name", body.Name, ChatLimits.RoomNameMaxLength);
        var description = rules.Optional("description", body.Description, ChatLimits.RoomDescriptionMaxLength) ?? "";
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        return Done(await actions.DescribeAsync(roomId, UserOf(context), name, description, context.Request.KnownVersions()));
    }

    private static long UserOf(HttpContext context) => context.Identity()!.UserId;

    private static Results<NoContent, ProblemHttpResult> Done(ActionOutcome outcome) =>
        outcome.Error is null ? TypedResults.NoContent() : MessageRefusals.Of(outcome);

    /// <param name="Seconds">0 = none.</param>
    internal sealed record SlowModeRequest([property: Required, Range(0, ChatLimits.SlowModeMaxSeconds)] int? Seconds);

    /// <param name="Until">A time in the future; null = until it is taken back.</param>
    internal sealed record MuteRequest(DateTimeOffset? Until);

    /// <param name="Name">What it is called.</param>
    /// <param name="Description">Null = none.</param>
    internal sealed record DescribeRequest(
        [property: Required, StringLength(ChatLimits.RoomNameMaxLength, MinimumLength = 1)] string? Name,
        [property: StringLength(ChatLimits.RoomDescriptionMaxLength)] string? Description);
}
