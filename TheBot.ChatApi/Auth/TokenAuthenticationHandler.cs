using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Http;
using TheBot.Contracts;

namespace TheBot.ChatApi.Auth;

/// <summary><c>Authorization: Token x</c> or <c>Bearer x</c>; on sockets and files also in the query (on sockets a ticket too), because a browser's socket or picture sends no headers.</summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, TokenAuthenticator tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Token";
    public const string AdministratorPolicy = "administrator";

    private const string Bearer = "Bearer";

    private static readonly string[] QueryPaths = ["/ws", "/hubs", "/media"];

    /// <summary>Whether the request names a token or a ticket at all, valid or not: whoever did is not asked for another.</summary>
    public static bool HasToken(HttpRequest request) => (Read(request) ?? Ticket(request)) is not null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        Identity? found;
        if (Read(Request) is { } token) found = await tokens.FindAsync(token, Context.RequestAborted);
        else if (Ticket(Request) is { } ticket) found = await tokens.SpendAsync(ticket, Context.RequestAborted);
        else return AuthenticateResult.NoResult();
        if (found is not { } who) return AuthenticateResult.Fail("unknown token");

        Context.Features.Set(who);
        List<Claim> claims =
        [
            new(ClaimTypes.NameIdentifier, who.UserId.ToString(CultureInfo.InvariantCulture)),
            new(ClaimTypes.Name, who.Username),
            new(ClaimTypes.Role, who.Role),
        ];
        if (who.IsAdministrator) claims.Add(new Claim(ClaimTypes.Role, AdministratorPolicy));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, SchemeName)), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers[HeaderNames.WWWAuthenticate] = SchemeName;
        var detail = HasToken(Request) ? "Invalid token." : "Authentication credentials were not provided.";
        return Problems.IsSeedPath(Request.Path)
            ? Results.Json(new SeedDetail(detail), statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(Context)
            : Problems.Of(StatusCodes.Status401Unauthorized, ErrorCode.NotAuthenticated, detail).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        const string Detail = "You do not have permission to perform this action.";
        return Problems.IsSeedPath(Request.Path)
            ? Results.Json(new SeedDetail(Detail), statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(Context)
            : Problems.Of(StatusCodes.Status403Forbidden, ErrorCode.AccessDenied, Detail).ExecuteAsync(Context);
    }

    private static string? Read(HttpRequest request)
    {
        if (FromHeader(request.Headers.Authorization) is { } fromHeader) return fromHeader;
        if (!QueryPaths.Any(path => request.Path.StartsWithSegments(path))) return null;
        return Text(request.Query["token"]) ?? FromHeader(request.Query["authorization"]) ?? Text(request.Query["access_token"]);
    }

    /// <summary>A ticket is spent by a socket only, not by whoever follows its address to see what is there.</summary>
    private static string? Ticket(HttpRequest request) =>
        IsSocketPath(request) && request.HttpContext.WebSockets.IsWebSocketRequest ? Text(request.Query["ticket"]) : null;

    private static bool IsSocketPath(HttpRequest request) => request.Path.StartsWithSegments("/ws") || request.Path.StartsWithSegments("/hubs");

    /// <summary><c>Token 0123...</c>; the scheme's name in any case (RFC 9110, 11.1). Another scheme is nobody's token here.</summary>
    private static string? FromHeader(StringValues values)
    {
        if (values is not [{ } value, ..] || value.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var space)) return null;
        var scheme = value.AsSpan(0, space);
        return scheme.Equals(SchemeName, StringComparison.OrdinalIgnoreCase) || scheme.Equals(Bearer, StringComparison.OrdinalIgnoreCase)
            ? Text(value[space..])
            : null;
    }

    private static string? Text(StringValues values) => values is [{ } value, ..] && value.Trim() is { Length: > 0 } token ? token : null;

    private sealed record SeedDetail(string Detail);
}
