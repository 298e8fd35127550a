using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Roster;

/// <summary>Whether somebody may log in: the administrators' <c>PUT /api/v1/roster/users/{id}/active</c>.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder routes) => routes
        .MapPut("/api/v1/roster/users/{id:long}/active", SetActiveAsync)
        .RequireAuthorization(TokenAuthenticationHandler.AdministratorPolicy)
        .WithTags("roster")
        .WithSummary("Disables an account, which ends all its logins at once, or enables it again.");

    private static async Task<Results<NoContent, ProblemHttpResult>> SetActiveAsync(
        long id, ActiveBody body, HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        if (body.Active is not { } active) return Problems.Invalid(("active", "is required"));
        // or the school's only administrator could lock themselves out
        if (!active && id == context.Identity()!.UserId) return Problems.Invalid(("id", "is your own account, which another administrator may disable"));
        return await logins.SetActiveAsync(id, active, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound("There is no such user.");
    }

    /// <param name="Active">Whether they may log in.</param>
    internal sealed record ActiveBody([property: Required] bool? Active);
}
