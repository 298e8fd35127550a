using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Auth;

/// <summary>Section <c>Chat:Oidc</c>: a login provider (OpenID Connect) whose access tokens are logins here. Off without an authority.</summary>
internal sealed class OidcOptions
{
    public const string Section = "Chat:Oidc";

    /// <summary>The provider's address, below which <c>.well-known/openid-configuration</c> is. https, or http on this machine. Default none.</summary>
    public Uri? Authority { get; set; }

    /// <summary>Whom the token must be for (<c>aud</c>). Required with an authority.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that names the account. Default <c>preferred_username</c>.</summary>
    public string Claim { get; set; } = "preferred_username";

    /// <summary>What of the account it names. Default the user name.</summary>
    public OidcAccount Account { get; set; } = OidcAccount.Username;

    /// <summary>How far the provider's clock may be from ours, 0 to 5 minutes. Default 30 s.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>How a claim finds an account. Accounts are never made by a login.</summary>
internal enum OidcAccount
{
    /// <summary>The user name, in any case of its letters where that leaves one account.</summary>
    Username,

    /// <summary>The e-mail address, in any case of its letters; nobody where two accounts share it, or where the provider says that it is not verified.</summary>
    Email,

    /// <summary>The user's id in this school.</summary>
    Id,
}

/// <summary>Says at the start what is wrong with the settings, each by its key.</summary>
internal sealed class OidcOptionsRules : IValidateOptions<OidcOptions>
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(5);

    public ValidateOptionsResult Validate(string? name, OidcOptions options)
    {
        var wrong = new List<string>();
        if (options.Authority is { } authority && !(authority.IsAbsoluteUri && (authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))))
            wrong.Add($"{OidcOptions.Section}:{nameof(options.Authority)} must be an https address.");
        if (options.Authority is null != string.IsNullOrWhiteSpace(options.Audience))
            wrong.Add($"{OidcOptions.Section}:{nameof(options.Audience)} goes with {OidcOptions.Section}:{nameof(options.Authority)}: both or neither.");
        if (string.IsNullOrWhiteSpace(options.Claim)) wrong.Add($"{OidcOptions.Section}:{nameof(options.Claim)} must be the name of a claim.");
        if (!Enum.IsDefined(options.Account)) wrong.Add($"{OidcOptions.Section}:{nameof(options.Account)} must be one of {string.Join(", ", Enum.GetNames<OidcAccount>())}.");
        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > LargestSkew)
            wrong.Add($"{OidcOptions.Section}:{nameof(options.ClockSkew)} must be 0 to {LargestSkew.TotalMinutes} minutes.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
