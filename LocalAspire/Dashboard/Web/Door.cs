using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LocalAspire.Dashboard.Web;

/// <summary>Whoever has the token that the AppHost printed gets a session; without one there is nothing to see.</summary>
/// <remarks>
/// Sessions are kept in memory and end with the AppHost. The cookie is sent with requests of this machine's pages only (SameSite), is unreadable to
/// scripts, and is named after the port, because browsers do not tell ports apart; nor may the pages of other ports command anything.
/// </remarks>
internal sealed class Door(DashboardOptions options)
{
    private const string LoginPath = "/login";

    private readonly byte[] _token = Encoding.UTF8.GetBytes(options.BrowserToken);
    private readonly ConcurrentDictionary<string, bool> _sessions = new();

    public void Map(WebApplication app)
    {
        app.MapGet(LoginPath, context => context.Request.Query["t"].ToString() is { Length: > 0 } token ? EnterAsync(context, token) : AskAsync(context, isWrong: false));
        app.MapPost(LoginPath, async context => await EnterAsync(context, (await context.Request.ReadFormAsync(context.RequestAborted))["token"].ToString().Trim()));
        app.MapPost("/logout", context =>
        {
            if (context.Request.Cookies[CookieName(context)] is { } session)
                _sessions.TryRemove(session, out _);
            context.Response.Cookies.Delete(CookieName(context));
            context.Response.Redirect(LoginPath);
            return Task.CompletedTask;
        });
    }

    public async Task CheckAsync(HttpContext context, Func<Task> next)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && IsFromElsewhere(context.Request.Headers))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else if (context.Request.Path == LoginPath || (context.Request.Cookies[CookieName(context)] is { } session && _sessions.ContainsKey(session)))
        {
            await next();
        }
        else if (context.Request.Path.StartsWithSegments("/api"))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await context.Response.WriteAsJsonAsync(new { title = "Log in first", status = 401 }, context.RequestAborted);
        }
        else
        {
            context.Response.Redirect(LoginPath);
        }
    }

    /// <summary>Browsers send the cookie along with what a page of another port of this machine asks for: to them it is the same site.</summary>
    private static bool IsFromElsewhere(IHeaderDictionary headers) => headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none");

    private static string CookieName(HttpContext context) => $"local-aspire-{context.Connection.LocalPort}";

    private Task EnterAsync(HttpContext context, string token)
    {
        if (!CryptographicOperations.FixedTimeEquals(_token, Encoding.UTF8.GetBytes(token)))
            return AskAsync(context, isWrong: true);
        var session = RandomNumberGenerator.GetHexString(64, lowercase: true);
        _sessions[session] = true;
        context.Response.Cookies.Append(CookieName(context), session, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, IsEssential = true });
        context.Response.Redirect("/");
        return Task.CompletedTask;
    }

    private Task AskAsync(HttpContext context, bool isWrong)
    {
        context.Response.StatusCode = isWrong ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK;
        context.Response.ContentType = "text/html; charset=utf-8";
        var page = EmbeddedFiles.Text("/login.html")
            .Replace("{{application}}", System.Net.WebUtility.HtmlEncode(options.Application), StringComparison.Ordinal)
            .Replace("{{state}}", isWrong ? "wrong" : "", StringComparison.Ordinal);
        return context.Response.WriteAsync(page, context.RequestAborted);
    }
}
