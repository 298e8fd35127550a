using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Contracts;

namespace TheBot.ChatApi.Messages;

/// <summary>What happens to a message after it was sent, for those who have no socket. Every call names a state and may be repeated.</summary>
internal static class MessageActionEndpoints
{
    public static void MapMessageActions(this IEndpointRouteBuilder app)
    {
        var room = app.MapGroup("/api/v1/rooms/{roomId:long}").RequireAuthorization();
        room.MapPut("/read", ReadAsync).WithTags("rooms").WithSummary("The asking member has read up to a seq; the marker only rises, and never beyond the log's end.");

        var message = room.MapGroup("/messages/{messageId:long}").WithTags("messages");
        message.MapPatch("/", EditAsync).WithSummary("The author gives it another text.");
        message.MapDelete("/", DeleteAsync).WithSummary("The author or a moderator takes it back for everybody.");
        message.MapPut("/pin", (long roomId, long messageId, HttpContext context, MessageActions actions) => PinAsync(roomId, messageId, true, context, actions))
            .WithSummary("A moderator, or a tutor of a forum room, pins it.");
        message.MapDelete("/pin", (long roomId, long messageId, HttpContext context, MessageActions actions) => PinAsync(roomId, messageId, false, context, actions))
            .WithSummary("A moderator, or a tutor of a forum room, takes the pin away.");
        message.MapPut(
                "/reactions/{emoji}",
                (long roomId, long messageId, string emoji, HttpContext context, MessageActions actions) => ReactAsync(roomId, messageId, emoji, true, context, actions))
            .WithSummary("A member puts an emoji on it.");
        message.MapDelete(
                "/reactions/{emoji}",
                (long roomId, long messageId, string emoji, HttpContext context, MessageActions actions) => ReactAsync(roomId, messageId, emoji, false, context, actions))
            .WithSummary("A member takes their own emoji away.");
    }

    private static async Task<Results<Ok<ChatMessage>, ProblemHttpResult>> EditAsync(
        long roomId, long messageId, EditMessageRequest body, HttpContext context, MessageActions actions)
    {
        var outcome = await actions.EditAsync(roomId, UserOf(context), messageId, body.Content);
        return outcome.Message is { } message ? TypedResults.Ok(message) : MessageRefusals.Of(outcome);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(long roomId, long messageId, HttpContext context, MessageActions actions) =>
        Done((await actions.DeleteAsync(roomId, UserOf(context), messageId)).OrDeletedBefore());

    private static async Task<Results<NoContent, ProblemHttpResult>> PinAsync(long roomId, long messageId, bool pinned, HttpContext context, MessageActions actions) =>
        Done(await actions.PinAsync(roomId, UserOf(context), messageId, pinned));

    private static async Task<Results<NoContent, ProblemHttpResult>> ReactAsync(
        long roomId, long messageId, string emoji, bool present, HttpContext context, MessageActions actions) =>
        Done(await actions.ReactAsync(roomId, UserOf(context), messageId, emoji, present));

    private static async Task<Results<Ok<ReadReply>, ProblemHttpResult>> ReadAsync(long roomId, ReadRequest body, HttpContext context, MessageActions actions)
    {
        var outcome = await actions.ReadAsync(roomId, context.Identity()!, body.Seq);
        return outcome.Error is null ? TypedResults.Ok(new ReadReply(outcome.ReadSeq)) : MessageRefusals.Of(outcome);
    }

    private static long UserOf(HttpContext context) => context.Identity()!.UserId;

    private static Results<NoContent, ProblemHttpResult> Done(ActionOutcome outcome) => outcome.Error is null ? TypedResults.NoContent() : MessageRefusals.Of(outcome);

    /// <param name="Content">As of a send.</param>
    internal sealed record EditMessageRequest([property: Required, StringLength(ChatLimits.ContentMaxLength, MinimumLength = 1)] string? Content);

    /// <param name="Seq">The seq up to which everything was read.</param>
    internal sealed record ReadRequest([property: Required] long? Seq);

    /// <param name="ReadSeq">Where the marker stands now.</param>
    internal sealed record ReadReply(long ReadSeq);
}
