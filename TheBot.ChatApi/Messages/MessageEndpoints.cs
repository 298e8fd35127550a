using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>History by seq, and the door for those who have no socket.</summary>
internal static class MessageEndpoints
{
    private const int DefaultPage = 50;

    public static void MapMessages(this IEndpointRouteBuilder app)
    {
        var messages = app.MapGroup("/api/v1/rooms/{roomId:long}/messages").RequireAuthorization().WithTags("messages");
        messages.MapGet("/", ReadAsync).WithSummary("The newest messages, or those before, after or around a seq; oldest first.")
            .WithDescription("At most one of before, after (both exclusive) and around; without any the newest 50. Deleted messages are left out.");
        messages.MapPost("/", SendAsync).WithSummary("Says something; the same client_id again gets the stored message (200 instead of 201).")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>Not-deleted messages, oldest first. At most one of before, after (exclusive) and around may be given; without any: the newest.</summary>
    private static async Task<Results<Ok<MessagePage>, ProblemHttpResult>> ReadAsync(
        long roomId,
        long? before,
        long? after,
        long? around,
        [Range(1, ChatLimits.PageMaxLength)] int? limit,
        HttpContext context,
        RoomAccess access,
        RoomLog log,
        CancellationToken cancellationToken)
    {
        if (limit is < 1 or > ChatLimits.PageMaxLength) return Problems.Invalid(("limit", $"must be 1 to {ChatLimits.PageMaxLength}"));
        if ((before is null ? 0 : 1) + (after is null ? 0 : 1) + (around is null ? 0 : 1) > 1)
        {
            return Problems.Invalid(("before", "goes with neither after nor around"));
        }

        if ((before ?? after ?? around) < 0) return Problems.Invalid((before is null ? after is null ? "around" : "after" : "before", "must be 0 or more"));

        var reader = context.Identity()!.UserId;
        if (await access.FindAsync(roomId, reader, cancellationToken) is null) return RoomsEndpoints.NoSuchRoom();

        var size = limit ?? DefaultPage;
        List<ChatMessage> page;
        if (after is { } from)
        {
            page = await log.HistoryAsync(roomId, reader, from, long.MaxValue, size, ascending: true, cancellationToken);
        }
        else
        {
            // around: the half up to and including that seq, then what follows it
            var until = around is { } middle ? Math.Min(middle, long.MaxValue - 1) + 1 : before ?? long.MaxValue;
            var half = around is null ? size : (size + 1) / 2;
            page = await log.HistoryAsync(roomId, reader, 0, until, half, ascending: false, cancellationToken);
            page.Reverse();
            if (around is { } center && size > half) page.AddRange(await log.HistoryAsync(roomId, reader, center, long.MaxValue, size - half, ascending: true, cancellationToken));
        }

        return TypedResults.Ok(new MessagePage(page));
    }

    private static async Task<Results<Created<ChatMessage>, Ok<ChatMessage>, ProblemHttpResult>> SendAsync(
        long roomId, SendMessageRequest body, HttpContext context, MessageWriter writer)
    {
        if (MessageRules.Draft(roomId, context.Identity()!.UserId, body.Content, body.ClientId, body.ReplyTo, out var broken) is not { } draft)
        {
            return Problems.Invalid((broken!.Field, broken.Rule));
        }

        var send = new AwaitedSend(draft);
        writer.Submit(send);
        var outcome = await send.Outcome;
        if (outcome.Message is not { } message) return MessageRefusals.Of(outcome);
        return outcome.IsNew ? TypedResults.Created($"/api/v1/rooms/{roomId}/messages?around={message.Seq}&limit=1", message) : TypedResults.Ok(message);
    }

    /// <param name="Results">Oldest first.</param>
    internal sealed record MessagePage(IReadOnlyList<ChatMessage> Results);
}
