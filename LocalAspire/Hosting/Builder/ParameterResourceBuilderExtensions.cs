namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, () => Configured(builder, name) ?? throw new DistributedApplicationException($"parameter '{name}' has no value: "
            + $"set Parameters:{name} (user secrets, appsettings, or the environment variable Parameters__{name.Replace('-', '_')})"), secret));

    /// <summary>A secret, generated once and kept with the AppHost.</summary>
    internal static ParameterResource NewPassword(this IDistributedApplicationBuilder builder, string name, bool special = true)
    {
        var rule = new PasswordRule(special);
        var secrets = (builder as DistributedApplicationBuilder)?.Secrets;
        return new ParameterResource(name, () => Configured(builder, name) ?? secrets?.GetOrAdd($"Parameters:{name}", rule.Generate()) ?? rule.Generate(), secret: true) { Generated = rule };
    }

    // environment variables cannot carry a dash in every shell: Parameters__jwt_key stands for jwt-key
    private static string? Configured(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"];
}
