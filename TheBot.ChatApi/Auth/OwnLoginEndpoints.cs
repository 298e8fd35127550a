using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Http;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Auth;

/// <summary>One's own logins, one a device: <c>/api/v1/auth</c>. Whatever ends here is closed on every replica.</summary>
internal static class OwnLoginEndpoints
{
    public static void MapOwnLogins(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/api/v1/auth").RequireAuthorization().WithTags("auth");
        auth.MapPost("/logout", LogoutAsync).WithSummary("The login of this request ends; other devices stay logged in.");
        auth.MapGet("/tokens", ListAsync).WithSummary("The asking person's logins, the last used first, at most 100.");
        auth.MapDelete("/tokens/{id:long}", EndAsync).WithSummary("One of the asking person's logins ends, and its connections close.");
        auth.MapDelete("/tokens/others", EndOthersAsync).WithSummary("All logins of the asking person end but the one of this request.");
        auth.MapDelete("/tokens", EndAllAsync).WithSummary("All logins of the asking person end, this one too.");
        auth.MapPost("/tickets", IssueAsync).WithSummary("A ticket that opens one socket, soon: for browsers, whose sockets send no headers.")
            .WithDescription("It goes into the address as ?ticket= and stands for the login of this request, until that ends. Used or not, it is void after expires_in seconds.");
    }

    private static async Task<NoContent> LogoutAsync(HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        var who = context.Identity()!;
        await logins.RevokeAsync(who.UserId, who.LoginId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<List<LoginItem>>> ListAsync(HttpContext context, OwnLogins logins, CancellationToken cancellationToken)
    {
        var who = context.Identity()!;
        return TypedResults.Ok(await logins.ListAsync(who.UserId, who.LoginId, cancellationToken));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> EndAsync(long id, HttpContext context, LoginRevocation logins, CancellationToken cancellationToken) =>
        await logins.RevokeAsync(context.Identity()!.UserId, id, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound("You have no such login.");

    private static async Task<NoContent> EndOthersAsync(HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        var who = context.Identity()!;
        await logins.RevokeOthersAsync(who.UserId, who.LoginId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> EndAllAsync(HttpContext context, LoginRevocation logins, CancellationToken cancellationToken)
    {
        await logins.RevokeAllAsync(context.Identity()!.UserId, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Created<TicketAnswer>> IssueAsync(HttpContext context, SocketTickets tickets, CancellationToken cancellationToken) =>
        TypedResults.Created((string?)null, new TicketAnswer(await tickets.IssueAsync(context.Identity()!, cancellationToken), (int)SocketTickets.Lifetime.TotalSeconds));

    /// <summary>A ticket for one socket.</summary>
    /// <param name="Ticket">40 hex digits.</param>
    /// <param name="ExpiresIn">Seconds after which it is void.</param>
    internal sealed record TicketAnswer(string Ticket, int ExpiresIn)
    {
        /// <summary>Not the compiler's: whoever reads a ticket can use it.</summary>
        public override string ToString() => nameof(TicketAnswer);
    }
}

/// <summary>One of somebody's logins.</summary>
/// <param name="Id">For ending it.</param>
/// <param name="Device">What the client called itself when it logged in, or the login provider.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="LastUsedAt">To the hour.</param>
/// <param name="ExpiresAt">When it ends by itself unless it is renewed; null = never.</param>
/// <param name="IsCurrent">Whether it is the one of this request.</param>
internal sealed record LoginItem(long Id, string Device, string CreatedAt, string LastUsedAt, string? ExpiresAt, bool IsCurrent);
