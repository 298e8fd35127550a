using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace TheBot.ChatApi.Auth;

/// <summary>Judges the tokens of the school's login provider: signature, issuer, audience and time, with the keys that the provider publishes.</summary>
/// <remarks>Keys are fetched at the first token and again when an unknown key signs one (at most every few minutes), so that the provider may change them.</remarks>
internal sealed class OidcTokens
{
    private const int MaxLength = 16 * 1024;

    private const string Session = "sid";
    private const string EmailVerified = "email_verified";

    /// <summary>Signatures with a private key only: with a shared secret, or without any, a public key would be enough to sign.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly OidcOptions _options;
    private readonly ILogger<OidcTokens> _logger;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _provider;

    public OidcTokens(IOptions<OidcOptions> options, IHttpClientFactory clients, ILogger<OidcTokens> logger)
    {
        (_options, _logger) = (options.Value, logger);
        if (_options.Authority is not { } authority) return;
        _provider = new ConfigurationManager<OpenIdConnectConfiguration>(
            authority.ToString().TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(clients.CreateClient(nameof(OidcTokens))) { RequireHttps = !authority.IsLoopback });
    }

    /// <summary>The login that a token stands for; null = it is none of the provider's, or not valid (now).</summary>
    /// <exception cref="LoginProviderException">The provider's keys are not known yet and it does not answer.</exception>
    public async Task<OidcLogin?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        if (_provider is null || token.Length > MaxLength || token.Count(letter => letter == '.') != 2) return null;
        try
        {
            await _provider.GetConfigurationAsync(cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            OidcLog.ProviderAway(_logger, e);
            throw new LoginProviderException();
        }

        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ConfigurationManager = _provider,
            ValidAudience = _options.Audience,
            ValidAlgorithms = Algorithms,
            ClockSkew = _options.ClockSkew,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken valid)
        {
            OidcLog.Refused(_logger, result.Exception?.GetType().Name);
            return null;
        }

        var account = valid.TryGetPayloadValue<object>(_options.Claim, out var claim) ? claim?.ToString() : null;
        if (string.IsNullOrWhiteSpace(account)) return null;
        if (_options.Account == OidcAccount.Email && valid.TryGetPayloadValue<bool>(EmailVerified, out var verified) && !verified) return null;
        return new OidcLogin(HashOf(valid), account, valid.Issuer, valid.ValidTo.Add(_options.ClockSkew));
    }

    /// <summary>A login is a session of the provider, or a single token where it has no name for sessions: a token that is renewed within one is no other login.</summary>
    /// <remarks>Of a single token only what is signed: the same signature can be written in more than one way, and an ended login would be opened again by another.</remarks>
    private static byte[] HashOf(JsonWebToken token) => SHA256.HashData(Encoding.UTF8.GetBytes(
        token.TryGetPayloadValue<string>(Session, out var session) && session.Length > 0
            ? $"session\n{token.Issuer}\n{token.Subject}\n{session}"
            : $"token\n{token.EncodedHeader}.{token.EncodedPayload}"));
}

/// <param name="Hash">What <c>tokens.hash</c> keeps of it.</param>
/// <param name="Account">What the configured claim says.</param>
/// <param name="Issuer">The provider.</param>
/// <param name="ExpiresAt">UTC; from then on the token is refused.</param>
internal sealed record OidcLogin(byte[] Hash, string Account, string Issuer, DateTime ExpiresAt)
{
    /// <summary>Not the compiler's: nothing of a login belongs into a log.</summary>
    public override string ToString() => nameof(OidcLogin);
}

/// <summary>503: nobody can tell whether the token is valid, so it is neither accepted nor refused.</summary>
internal sealed class LoginProviderException() : BadHttpRequestException("The login provider does not answer; try again.", StatusCodes.Status503ServiceUnavailable);

/// <summary>What logins by provider write to the log (event ids 1300-1399).</summary>
internal static partial class OidcLog
{
    [LoggerMessage(1300, LogLevel.Warning, "The login provider does not answer; its tokens can be neither accepted nor refused")]
    public static partial void ProviderAway(ILogger logger, Exception exception);

    [LoggerMessage(1301, LogLevel.Debug, "A token of the login provider is refused: {Reason}")]
    public static partial void Refused(ILogger logger, string? reason);
}
