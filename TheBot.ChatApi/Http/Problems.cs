using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TheBot.Contracts;

namespace TheBot.ChatApi.Http;

/// <summary>Refusals as RFC 9457 problem details, with a <c>code</c> that never changes and <c>errors</c> by field.</summary>
internal static class Problems
{
    private const string CodeName = "code";
    private const string ErrorsName = "errors";

    public static ProblemHttpResult Of(int status, string code, string detail, params (string Field, string Message)[] errors)
    {
        var problem = new ProblemDetails { Status = status, Detail = detail, Extensions = { [CodeName] = code } };
        if (errors.Length > 0) problem.Extensions[ErrorsName] = errors.GroupBy(e => e.Field).ToDictionary(g => g.Key, g => g.Select(e => e.Message).ToArray());
        return TypedResults.Problem(problem);
    }

    /// <summary>400: fields are missing or break their rules.</summary>
    public static ProblemHttpResult Invalid(params (string Field, string Message)[] errors) =>
        Of(StatusCodes.Status400BadRequest, ErrorCode.Validation, errors.Length > 0 ? $"{errors[0].Field}: {errors[0].Message}" : "The request is not valid.", errors);

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
        StatusCodes.Status503ServiceUnavailable => ErrorCode.Save,
        >= 500 => ErrorCode.Internal,
        _ => ErrorCode.Validation,
    };
}

/// <summary><c>{"success":false,"error":"..."}</c></summary>
internal sealed record SeedRefusal(bool Success, string Error);
