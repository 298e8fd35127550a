using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Auth;

/// <summary>Registration of who asks.</summary>
internal static class AuthServices
{
    /// <summary>The scheme <c>Token</c> for every request, and the policy that only administrators pass.</summary>
    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services)
    {
        services.TryAddSingleton<TokenAuthenticator>();
        services.TryAddSingleton<LoginDesk>();
        services.TryAddSingleton<LoginRevocation>();
        services.AddAuthentication(TokenAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthenticationHandler>(TokenAuthenticationHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(TokenAuthenticationHandler.AdministratorPolicy, policy => policy.RequireAuthenticatedUser().RequireRole(TokenAuthenticationHandler.AdministratorPolicy));
        return services;
    }
}
