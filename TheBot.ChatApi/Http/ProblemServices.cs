using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;
using KestrelServerOptions = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions;

namespace TheBot.ChatApi.Http;

/// <summary>What becomes of a request that nobody answered: a problem, never an empty page or a stack trace.</summary>
internal static partial class ProblemServices
{
    /// <summary>Bytes of a body, but where an endpoint says otherwise: many times what any single call needs.</summary>
    private const int BodyMaxBytes = 1024 * 1024;

    /// <summary>Problem details, the wire's JSON and a limit on bodies for every endpoint.</summary>
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Problems.Complete);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            json.SerializerOptions.AllowDuplicateProperties = false; // which of the two was meant, nobody can tell
        });

        services.Configure<KestrelServerOptions>(server => server.Limits.MaxRequestBodySize = BodyMaxBytes);

        // Malformed bodies throw in every environment, so that one place below says what was wrong with them.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        return services;
    }

    /// <summary>Goes first: answers for whatever comes after it.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app
        .UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = AnswerAsync,
            SuppressDiagnosticsCallback = failed => failed.Exception is BadHttpRequestException,
        })
        .UseStatusCodePages(empty => RefuseAsync(empty.HttpContext, empty.HttpContext.Response.StatusCode, DetailOf(empty.HttpContext.Response.StatusCode)));

    private static Task AnswerAsync(HttpContext context) => context.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        BadHttpRequestException { InnerException: JsonException json } bad => RefuseAsync(context, bad.StatusCode, "The body is not the JSON that is expected here.", FieldOf(json)),
        BadHttpRequestException bad => RefuseAsync(context, bad.StatusCode, DetailOf(bad.StatusCode), ParameterOf(bad)),
        NpgsqlException { IsTransient: true } => RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The database does not answer; try again."),
        _ => RefuseAsync(context, StatusCodes.Status500InternalServerError, "Something went wrong here."),
    };

    /// <summary>Words of our own: those of the framework name types.</summary>
    private static string DetailOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "The request has no body, or a value of a wrong type.",
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not take this method.",
        StatusCodes.Status413PayloadTooLarge => "The body is larger than is taken here.",
        StatusCodes.Status415UnsupportedMediaType => "The body must be JSON, and its Content-Type must say so.",
        StatusCodes.Status426UpgradeRequired => "This address speaks WebSocket only.",
        StatusCodes.Status503ServiceUnavailable => "The login provider does not answer; try again.",
        _ => "The request was refused.",
    };

    /// <summary><c>Failed to bind parameter "int? limit" from "x".</c> says which; nothing else does.</summary>
    private static string? ParameterOf(BadHttpRequestException bad) => BoundParameter().Match(bad.Message) is { Success: true } named ? named.Groups[1].Value : null;

    [GeneratedRegex("""^Failed to bind parameter "(?:[^" ]+ )*(\w+)" """)]
    private static partial Regex BoundParameter();

    private static Task RefuseAsync(HttpContext context, int status, string detail, string? field = null)
    {
        if (Problems.IsSeedPath(context.Request.Path)) return Problems.Seed(status, detail).ExecuteAsync(context);
        return field is null
            ? Problems.Of(status, Problems.CodeOf(status), detail).ExecuteAsync(context)
            : Problems.Of(status, Problems.CodeOf(status), detail, (field, "has a wrong type or form")).ExecuteAsync(context);
    }

    /// <summary><c>$.student_id</c>: the path where reading stopped.</summary>
    private static string? FieldOf(JsonException json) => json.Path is ['$', '.', .. { Length: > 0 } field] ? field : null;
}
