using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;

namespace TheBot.ChatApi.Messages;

/// <summary>Refused sends and actions as problems. A stranger is told the same as where there is no such room: 404.</summary>
internal static class MessageRefusals
{
    public static ProblemHttpResult Of(ActionOutcome outcome) =>
        outcome.IsStranger ? RoomsEndpoints.NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!, outcome.Field).After(outcome.RetryAfter);

    public static ProblemHttpResult Of(ReadOutcome outcome) =>
        outcome.IsStranger ? RoomsEndpoints.NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!, outcome.Field);

    public static ProblemHttpResult Of(SendOutcome outcome) =>
        outcome.IsStranger ? RoomsEndpoints.NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!, null).After(outcome.RetryAfter);

    /// <summary>The HTTP status of a code of <see cref="ErrorCode"/>.</summary>
    public static int StatusOf(string code) => code switch
    {
        ErrorCode.AccessDenied or ErrorCode.Muted or ErrorCode.ReadOnly => StatusCodes.Status403Forbidden,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.Outdated => StatusCodes.Status412PreconditionFailed,
        ErrorCode.Conflict => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.RateLimited or ErrorCode.SlowMode => StatusCodes.Status429TooManyRequests,
        ErrorCode.Save => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    private static ProblemHttpResult Of(string code, string explanation, string? field) => field is null
        ? Problems.Of(StatusOf(code), code, explanation)
        : Problems.Of(StatusOf(code), code, explanation, (field, explanation));
}
