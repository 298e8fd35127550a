using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace TheBot.Tests.Auth;

/// <summary>A login provider on loopback with a key of its own: a discovery document, a key set, and tokens as the test wants them.</summary>
internal sealed class LoginProvider : IAsyncDisposable
{
    public const string Audience = "thebot";

    private const string EllipticKeyId = "elliptic";

    private readonly WebApplication _app;
    private readonly ECDsa _elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private RSA _key = RSA.Create(2048);

    private LoginProvider(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public string Issuer => Address.ToString().TrimEnd('/');

    /// <summary>What the API needs to know of it.</summary>
    public (string Name, string Value)[] Settings => [("Chat__Oidc__Authority", Issuer), ("Chat__Oidc__Audience", Audience)];

    public SigningCredentials Key => new(new RsaSecurityKey(_key) { KeyId = KeyId(_key) }, SecurityAlgorithms.RsaSha256);

    /// <summary>Its other key, for ES256.</summary>
    public SigningCredentials EllipticKey => new(new ECDsaSecurityKey(_elliptic) { KeyId = EllipticKeyId }, SecurityAlgorithms.EcdsaSha256);

    /// <param name="port">0 = any.</param>
    public static async Task<LoginProvider> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var provider = new LoginProvider(builder.Build());
        provider._app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = provider.Issuer, jwks_uri = $"{provider.Issuer}/keys" }));
        provider._app.MapGet("/keys", () => Results.Json(new { keys = new[] { provider.PublicKey(), provider.EllipticPublicKey() } }));
        await provider._app.StartAsync(Deadline.Token());
        return provider;
    }

    /// <summary>From now on another key signs, and is the only one that is published.</summary>
    public void ChangeKey() => _key = RSA.Create(2048);

    /// <summary>A valid token of somebody, but for what the test changes.</summary>
    public string Token(string username, Action<SecurityTokenDescriptor>? change = null)
    {
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            NotBefore = DateTime.UtcNow.AddHours(-2),
            IssuedAt = DateTime.UtcNow.AddHours(-2),
            Expires = DateTime.UtcNow.AddHours(1),
            Claims = new Dictionary<string, object> { ["sub"] = $"subject of {username}", ["preferred_username"] = username },
            SigningCredentials = Key,
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(Deadline.Token());
        await _app.DisposeAsync();
        _key.Dispose();
        _elliptic.Dispose();
    }

    private static string KeyId(RSA key) => Base64UrlEncoder.Encode(SHA256.HashData(key.ExportParameters(false).Modulus!))[..8];

    private object PublicKey()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        return new { kty = "RSA", use = "sig", alg = "RS256", kid = KeyId(_key), n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) };
    }

    private object EllipticPublicKey()
    {
        var point = _elliptic.ExportParameters(includePrivateParameters: false).Q;
        return new { kty = "EC", use = "sig", alg = "ES256", kid = EllipticKeyId, crv = "P-256", x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) };
    }
}
