using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TheBot.ChatApi.Limits;
using TheBot.Contracts;

namespace TheBot.ChatApi.Http;

/// <summary>Refusals as RFC 9457 problem details, with a <c>code</c> that never changes and <c>errors</c> by field.</summary>
internal static class Problems
{
    private const string CodeName = "code";
    private const string ErrorsName = "errors";
    private const string RetryAfterName = "retry_after";

    public static ProblemHttpResult Of(int status, string code, string detail, params (string Field, string Message)[] errors)
    {
        var problem = new ProblemDetails { Status = status, Detail = detail, Extensions = { [CodeName] = code } };
        if (errors.Length > 0) problem.Extensions[ErrorsName] = errors.GroupBy(e => e.Field).ToDictionary(g => g.Key, g => g.Select(e => e.Message).ToArray());
        return TypedResults.Problem(problem);
    }

    /// <summary>400: fields are missing or break their rules.</summary>
    public static ProblemHttpResult Invalid(params (string Field, string Message)[] errors) =>
        Of(StatusCodes.Status400BadRequest, ErrorCode.Validation, errors.Length > 0 ? $"{errors[0].Field}: {errors[0].Message}" : "The request is not valid.", errors);

    /// <summary>429, with <c>Retry-After</c> in whole seconds and <c>retry_after</c> as exactly as it is known.</summary>
    public static ProblemHttpResult TooMany(string detail, TimeSpan retryAfter) =>
        Of(StatusCodes.Status429TooManyRequests, ErrorCode.RateLimited, detail).After(retryAfter);

    /// <summary>Says when the same may succeed, where that is known: <c>retry_after</c>, and the header <c>Retry-After</c> in whole seconds.</summary>
    public static ProblemHttpResult After(this ProblemHttpResult problem, TimeSpan? retryAfter)
    {
        if (PersonLimits.Seconds(retryAfter) is { } seconds) problem.ProblemDetails.Extensions[RetryAfterName] = seconds;
        return problem;
    }

    /// <summary>Goes over every problem on its way out.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        problem.Extensions.TryAdd(CodeName, CodeOf(problem.Status ?? StatusCodes.Status500InternalServerError));
        if (problem.Extensions.TryGetValue(RetryAfterName, out var after) && after is double seconds) SetRetryAfter(context.HttpContext.Response, seconds);
    }

    /// <summary>The header takes whole seconds only, so it says no less than is needed.</summary>
    public static void SetRetryAfter(HttpResponse response, double seconds) =>
        response.Headers.RetryAfter = Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>404: no such thing, or none that this person may see; the two are not told apart.</summary>
    public static ProblemHttpResult NotFound(string detail = "Not found.") => Of(StatusCodes.Status404NotFound, ErrorCode.NotFound, detail);

    /// <summary>403.</summary>
    public static ProblemHttpResult Denied(string detail = "Access denied.") => Of(StatusCodes.Status403Forbidden, ErrorCode.AccessDenied, detail);

    /// <summary>The addresses whose refusals look as the replaced system's.</summary>
    public static bool IsSeedPath(PathString path) => path.StartsWithSegments("/api/chat") || path.StartsWithSegments("/api/auth");

    /// <summary>The refusal of an address of the replaced system.</summary>
    public static JsonHttpResult<SeedRefusal> Seed(int status, string error) => TypedResults.Json(new SeedRefusal(false, error), statusCode: status);

    /// <summary>The code of a status that the framework chose.</summary>
    public static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => ErrorCode.NotAuthenticated,
        StatusCodes.Status403Forbidden => ErrorCode.AccessDenied,
        StatusCodes.Status404NotFound => ErrorCode.NotFound,
        StatusCodes.Status429TooManyRequests => ErrorCode.RateLimited,
        StatusCodes.Status503ServiceUnavailable => ErrorCode.Unavailable,
        >= 500 => ErrorCode.Internal,
        _ => ErrorCode.Validation,
    };
}

/// <summary><c>{"success":false,"error":"..."}</c></summary>
internal sealed record SeedRefusal(bool Success, string Error);
