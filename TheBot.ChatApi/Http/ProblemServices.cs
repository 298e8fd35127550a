using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace TheBot.ChatApi.Http;

/// <summary>What becomes of a request that nobody answered: a problem, never an empty page or a stack trace.</summary>
internal static class ProblemServices
{
    /// <summary>Problem details, and the wire's JSON for every endpoint.</summary>
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Problems.Complete);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });

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
        .UseStatusCodePages(async empty =>
        {
            var context = empty.HttpContext;
            if (Problems.IsSeedPath(context.Request.Path) || context.Request.Path.StartsWithSegments("/api"))
                await RefuseAsync(context, context.Response.StatusCode, "The request was refused.");
        });

    private static Task AnswerAsync(HttpContext context) => context.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        BadHttpRequestException { InnerException: JsonException json } bad => RefuseAsync(context, bad.StatusCode, "The body is not the JSON that is expected here.", FieldOf(json)),
        BadHttpRequestException bad => RefuseAsync(context, bad.StatusCode, "The request has no body, or a value of a wrong type."),
        NpgsqlException { IsTransient: true } => RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The database does not answer; try again."),
        _ => RefuseAsync(context, StatusCodes.Status500InternalServerError, "Something went wrong here."),
    };

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
