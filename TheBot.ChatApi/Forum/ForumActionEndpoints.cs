using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Forum;

/// <summary>What the Forum page does to messages and rooms. The same road as every other door: a send by REST is broadcast, rights are the room's.</summary>
internal static class ForumActionEndpoints
{
    public static void MapForumActions(this RouteGroupBuilder chat)
    {
        var room = chat.MapGroup("/forum/{roomId:long}");
        room.MapPost("/send_message", SendAsync).WithSummary("Says something; JSON or a form without files.")
            .Accepts<ForumSend>("application/json", "multipart/form-data", "application/x-www-form-urlencoded").Produces<ForumMessage>(StatusCodes.Status201Created);
        room.MapPatch("/messages/{messageId:long}/edit", EditAsync).WithSummary("The author gives a message another text.");
        room.MapDelete("/messages/{messageId:long}/delete", DeleteAsync).WithSummary("The author or a moderator takes a message back.");
        room.MapPost("/messages/{messageId:long}/pin", PinAsync).WithSummary("Pins a message, or takes the pin away.");
        room.MapPost("/lock", LockAsync).WithSummary("Locks the room, or opens it again.");
        room.MapPost("/participants/{userId:long}/mute", MuteAsync).WithSummary("Mutes a member, or lets them speak again.");
        room.MapPost("/mark_read", ReadAsync).WithSummary("Everything in the room has been read.");
    }

    private static async Task<Results<JsonHttpResult<ForumMessage>, JsonHttpResult<SeedRefusal>>> SendAsync(
        long roomId, HttpContext context, MessageWriter writer, CancellationToken cancellationToken)
    {
        var (body, broken) = await ForumSend.ReadAsync(context.Request, cancellationToken);
        if (body is null) return Problems.Seed(StatusCodes.Status400BadRequest, broken!);
        if (MessageRules.Draft(roomId, context.Identity()!.UserId, body.Content, body.ClientId, body.ReplyTo, out var rule) is not { } draft)
            return Problems.Seed(StatusCodes.Status400BadRequest, rule!.Rule);

        var send = new AwaitedSend(draft);
        writer.Submit(send);
        var outcome = await send.Outcome;
        return outcome.Message is { } message
            ? TypedResults.Json(new ForumMessage(true, context.WithAbsoluteAddresses(message)), statusCode: StatusCodes.Status201Created)
            : ForumRefusals.Of(outcome, context.Response);
    }

    private static async Task<Results<Ok<ForumMessage>, JsonHttpResult<SeedRefusal>>> EditAsync(
        long roomId, long messageId, MessageActionEndpoints.EditMessageRequest body, HttpContext context, MessageActions actions)
    {
        var outcome = await actions.EditAsync(roomId, context.Identity()!.UserId, messageId, body.Content);
        return outcome.Message is { } message ? TypedResults.Ok(new ForumMessage(true, context.WithAbsoluteAddresses(message))) : ForumRefusals.Of(outcome);
    }

    private static async Task<Results<Ok<ForumDeleted>, JsonHttpResult<SeedRefusal>>> DeleteAsync(
        long roomId, long messageId, HttpContext context, MessageActions actions)
    {
        var me = context.Identity()!.UserId;
        var outcome = await actions.DeleteAsync(roomId, me, messageId);
        if (outcome.Error is not null || outcome.Message is not { } message) return ForumRefusals.Of(outcome);
        var at = WireTime.Format(message.UpdatedAt).Replace("Z", "+00:00", StringComparison.Ordinal);
        return TypedResults.Ok(new ForumDeleted(true, Text(messageId), me, message.Sender.Id == me ? "author" : "moderator", at));
    }

    private static async Task<Results<Ok<ForumPinned>, JsonHttpResult<SeedRefusal>>> PinAsync(long roomId, long messageId, HttpContext context, MessageActions actions)
    {
        var outcome = await actions.TogglePinAsync(roomId, context.Identity()!.UserId, messageId);
        return outcome.Message is { IsPinned: var pinned }
            ? TypedResults.Ok(new ForumPinned(true, Text(messageId), Text(messageId), pinned, pinned ? "pinned" : "unpinned"))
            : ForumRefusals.Of(outcome);
    }

    private static async Task<Results<Ok<ForumLocked>, JsonHttpResult<SeedRefusal>>> LockAsync(
        long roomId, HttpContext context, RoomChanges changes, MessageActions actions, CancellationToken cancellationToken)
    {
        var locked = !await changes.IsLockedAsync(roomId, cancellationToken);
        var outcome = await actions.LockAsync(roomId, context.Identity()!.UserId, locked);
        return outcome.Error is null
            ? TypedResults.Ok(new ForumLocked(true, Text(roomId), locked, !locked, locked ? "locked" : "unlocked"))
            : ForumRefusals.Of(outcome);
    }

    private static async Task<Results<Ok<ForumMuted>, JsonHttpResult<SeedRefusal>>> MuteAsync(long roomId, long userId, HttpContext context, MessageActions actions)
    {
        var (outcome, muted) = await actions.ToggleMuteAsync(roomId, context.Identity()!.UserId, userId);
        return outcome.Error is null
            ? TypedResults.Ok(new ForumMuted(true, Text(roomId), Text(userId), muted, muted ? "muted" : "unmuted"))
            : ForumRefusals.Of(outcome);
    }

    /// <summary>The page has always called this and got 404: everything up to the log's end has been read.</summary>
    private static async Task<Results<Ok<ForumRead>, JsonHttpResult<SeedRefusal>>> ReadAsync(long roomId, HttpContext context, MessageActions actions)
    {
        var outcome = await actions.ReadAsync(roomId, context.Identity()!, long.MaxValue);
        return outcome.Error is null ? TypedResults.Ok(new ForumRead(true, Text(roomId))) : ForumRefusals.Of(outcome);
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
