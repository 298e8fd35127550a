using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TheBot.Data.Auth;

namespace TheBot.ChatApi.Auth;

/// <summary>Registration of who asks.</summary>
internal static class AuthServices
{
    /// <summary>The scheme <c>Token</c> for every request, and the policy that only administrators pass.</summary>
    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddOptions<LoginOptions>().BindConfiguration(LoginOptions.Section)
            .Validate<IHostEnvironment>(
                (logins, environment) => !logins.DemoAccounts || environment.IsDevelopment(),
                $"{LoginOptions.Section}:{nameof(LoginOptions.DemoAccounts)} is for the Development environment only: everybody knows the demo accounts' password.")
            .ValidateOnStart();
        services.AddOptions<OidcOptions>().BindConfiguration(OidcOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<OidcOptions>, OidcOptionsRules>();
        services.AddHttpClient();
        services.TryAddSingleton<OidcTokens>();
        services.TryAddSingleton<OidcAccounts>();
        services.TryAddSingleton<TokenAuthenticator>();
        services.TryAddSingleton<SocketTickets>();
        services.TryAddSingleton<OwnLogins>();
        services.TryAddSingleton<LoginDesk>();
        services.TryAddSingleton<LoginRevocation>();
        services.AddAuthentication(TokenAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthenticationHandler>(TokenAuthenticationHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(TokenAuthenticationHandler.AdministratorPolicy, policy => policy.RequireAuthenticatedUser().RequireRole(TokenAuthenticationHandler.AdministratorPolicy));
        return services;
    }
}
