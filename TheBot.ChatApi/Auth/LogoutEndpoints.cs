using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Auth;

/// <summary>Ending one's own logins: <c>/api/v1/auth</c>. Connections that were opened with them are closed on every replica.</summary>
internal static class LogoutEndpoints
{
    public static void MapLogout(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/api/v1/auth").RequireAuthorization().WithTags("auth");
        auth.MapPost("/logout", LogoutAsync).WithSummary("The token of this request ends; other devices stay logged in.");
        auth.MapDelete("/tokens", EndAllAsync).WithSummary("All tokens of the asking person end, this one too.");
    }

    private static async Task<NoContent> LogoutAsync(HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        var who = context.Identity()!;
        await logins.RevokeAsync(who.UserId, who.TokenHash, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> EndAllAsync(HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        await logins.RevokeAllAsync(context.Identity()!.UserId, cancellationToken);
        return TypedResults.NoContent();
    }
}
