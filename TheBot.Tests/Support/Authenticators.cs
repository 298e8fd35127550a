using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Auth;

namespace TheBot.Tests.Support;

/// <summary>What turns tokens into people, without a login provider.</summary>
internal static class Authenticators
{
    public static TokenAuthenticator Of(NpgsqlDataSource database)
    {
        var oidc = Options.Create(new OidcOptions());
        return new TokenAuthenticator(
            database, new OidcTokens(oidc, null!, NullLogger<OidcTokens>.Instance), new OidcAccounts(database, oidc), Options.Create(new LoginOptions()));
    }
}
