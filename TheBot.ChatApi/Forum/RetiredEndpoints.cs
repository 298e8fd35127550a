using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using TheBot.Contracts;

namespace TheBot.ChatApi.Forum;

/// <summary>Addresses of the replaced system that are no more: 410 with the one to use, whoever asks by whatever method.</summary>
internal static class RetiredEndpoints
{
    private static readonly (string Retired, string Successor)[] Addresses =
    [
        ("/api/chat/rooms", "/api/v1/rooms"),
        ("/api/chat/messages", "/api/v1/rooms/{room}/messages"),
        ("/api/chat/participants", "/api/v1/rooms/{room}/members"),
        ("/api/chat/threads", "/api/v1/rooms/{room}/messages"),
        ("/api/chat/general", "/api/v1/rooms"),
        ("/api/chat/admin", "/api/v1/rooms"),
        ("/ws/dashboard", "/ws"),
        ("/ws/invoices", "/ws"),
    ];

    public static void MapRetired(this IEndpointRouteBuilder routes)
    {
        foreach (var (retired, successor) in Addresses)
            routes.Map($"{retired}/{{**rest}}", (HttpContext context) => Gone(context, successor)).AllowAnonymous().ExcludeFromDescription();
    }

    private static ProblemHttpResult Gone(HttpContext context, string successor)
    {
        context.Response.Headers[HeaderNames.Link] = $"<{Uri.EscapeDataString(successor).Replace("%2F", "/", StringComparison.Ordinal)}>; rel=\"successor-version\"";
        return TypedResults.Problem(new ProblemDetails
        {
            Status = StatusCodes.Status410Gone,
            Detail = $"This address is no more; use {successor}.",
            Extensions = { ["code"] = ErrorCode.Gone, ["successor"] = successor },
        });
    }
}
