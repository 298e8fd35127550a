namespace TheBot.ChatApi.Auth;

/// <summary>Who asks: the person behind a valid token.</summary>
/// <param name="UserId">Their id.</param>
/// <param name="Username">The name they log in with.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="FullName">First and last name, trimmed.</param>
/// <param name="Role">By its wire name.</param>
/// <param name="IsAdministrator">May change the roster and look into forum rooms.</param>
/// <param name="Avatar">Path below the media root, or null.</param>
/// <param name="TokenHash">What the database keeps of the login, for its revocation.</param>
internal sealed record Identity(
    long UserId,
    string Username,
    string FirstName,
    string LastName,
    string FullName,
    string Role,
    bool IsAdministrator,
    string? Avatar,
    byte[] TokenHash)
{
    /// <summary>Which of their logins.</summary>
    public long LoginId { get; init; }

    /// <summary>When the login ends by itself unless it is renewed meanwhile; null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Not the compiler's: a record prints all it has, and a token's hash is nothing for a log.</summary>
    public override string ToString() => $"user {UserId}";
}

/// <summary>The identity of a request.</summary>
internal static class HttpContextIdentity
{
    /// <summary>Who asks, or null where no valid token came with the request; never null behind <c>RequireAuthorization</c>.</summary>
    public static Identity? Identity(this HttpContext context) => context.Features.Get<Identity>();
}
