using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Auth;

/// <summary><c>POST /api/auth/login/</c> in the replaced system's shapes and words.</summary>
internal static class LoginEndpoint
{
    private const string NameMissing = "Необходимо указать email или имя пользователя";
    private const string PasswordMissing = "Пароль не может быть пустым";
    private const string WrongCredentials = "Неверные учетные данные";
    private const string TooMany = "Слишком много неудачных попыток входа, попробуйте позже";
    private const string Disabled = "Учетная запись отключена или недоступна";
    private const string Welcome = "Вход выполнен успешно";

    public static RouteHandlerBuilder MapLogin(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/auth/login", LoginAsync).AllowAnonymous().WithTags("auth")
            .WithSummary("From a name or an e-mail address and a password to a token.")
            .WithDescription("Another device's token goes on working. Failures are counted by address: 429 with Retry-After.")
            .Produces<SeedRefusal>(StatusCodes.Status401Unauthorized)
            .Produces<SeedRefusal>(StatusCodes.Status403Forbidden);

    private static async Task<Results<Ok<LoginAnswer>, JsonHttpResult<SeedRefusal>>> LoginAsync(
        LoginBody body, LoginDesk desk, HttpContext context, CancellationToken cancellationToken)
    {
        var (email, username) = (Trimmed(body.Email), Trimmed(body.Username));
        if (string.IsNullOrEmpty(body.Password)) return Problems.Seed(StatusCodes.Status400BadRequest, PasswordMissing);
        if (email is null && username is null) return Problems.Seed(StatusCodes.Status400BadRequest, NameMissing);
        var attempt = await desk.FindAsync(email, username, body.Password, context.Connection.RemoteIpAddress, cancellationToken);
        if (attempt.RetryAfter is { } retryAfter)
        {
            Problems.SetRetryAfter(context.Response, retryAfter.TotalSeconds);
            return Problems.Seed(StatusCodes.Status429TooManyRequests, TooMany);
        }

        if (attempt.Account is not { } account) return Problems.Seed(StatusCodes.Status401Unauthorized, WrongCredentials);
        if (!account.IsActive) return Problems.Seed(StatusCodes.Status403Forbidden, Disabled);

        var token = await desk.IssueAsync(account.Id, context.Request.Headers[HeaderNames.UserAgent], cancellationToken);
        return TypedResults.Ok(new LoginAnswer(true, new LoginData(token, Show(account), Welcome)));
    }

    private static LoginUser Show(Account account) => new(
        account.Id,
        account.Email,
        account.FirstName,
        account.LastName,
        account.Role,
        DisplayName(account.Role),
        Phone: "",
        account.Avatar,
        IsVerified: true,
        account.IsActive,
        account.IsAdministrator,
        WireTime.Format(account.CreatedAt),
        PersonName.Full(account.FirstName, account.LastName));

    private static string DisplayName(string role) => Enum.Parse<Role>(role, ignoreCase: true) switch
    {
        Role.Student => "Студент",
        Role.Teacher => "Преподаватель",
        Role.Tutor => "Тьютор",
        Role.Parent => "Родитель",
        _ => role,
    };

    private static string? Trimmed(string? text) => text?.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    private sealed record LoginBody(string? Email, string? Username, string? Password)
    {
        public override string ToString() => nameof(LoginBody);
    }

    private sealed record LoginAnswer(bool Success, LoginData Data);

    private sealed record LoginData(string Token, LoginUser User, string Message)
    {
        public override string ToString() => nameof(LoginData);
    }

    private sealed record LoginUser(
        long Id,
        string Email,
        string FirstName,
        string LastName,
        string Role,
        string RoleDisplay,
        string Phone,
        string? Avatar,
        bool IsVerified,
        bool IsActive,
        bool IsStaff,
        string DateJoined,
        string FullName);
}
