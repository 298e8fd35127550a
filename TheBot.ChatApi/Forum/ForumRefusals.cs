using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;

namespace TheBot.ChatApi.Forum;

/// <summary><c>{"success":false,"error":"..."}</c> in the replaced system's words where it had some. A stranger hears the same as where there is no such room.</summary>
internal static class ForumRefusals
{
    public static JsonHttpResult<SeedRefusal> NoSuchRoom() => Problems.Seed(StatusCodes.Status404NotFound, "Chat not found");

    public static JsonHttpResult<SeedRefusal> Of(ActionOutcome outcome) => outcome.IsStranger ? NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!);

    public static JsonHttpResult<SeedRefusal> Of(ReadOutcome outcome) => outcome.IsStranger ? NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!);

    public static JsonHttpResult<SeedRefusal> Of(SendOutcome outcome, HttpResponse response)
    {
        if (outcome.RetryAfter is { } retryAfter) Problems.SetRetryAfter(response, retryAfter.TotalSeconds);
        return outcome.IsStranger ? NoSuchRoom() : Of(outcome.Error!, outcome.Explanation!);
    }

    private static JsonHttpResult<SeedRefusal> Of(string code, string explanation) => code == ErrorCode.ReadOnly
        ? Problems.Seed(StatusCodes.Status400BadRequest, "Chat is inactive")
        : Problems.Seed(MessageRefusals.StatusOf(code), explanation);
}
