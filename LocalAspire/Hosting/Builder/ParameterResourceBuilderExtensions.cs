using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public class MissingParameterValueException(string message) : DistributedApplicationException(message);

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, value => Read(builder, name, value, persist: false), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, string value,
        bool publishValueAsDefault = false, bool secret = false) => builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter,
        bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault && secret)
            throw new ArgumentException($"The secret '{name}' must not stand in the manifest.", nameof(publishValueAsDefault));
        return builder.AddResource(new ParameterResource(name, _ => valueGetter(), secret)
        {
            Default = publishValueAsDefault ? new ConstantParameterDefault(valueGetter) : null,
        });
    }

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, ParameterDefault value,
        bool secret = false, bool persist = false) =>
        builder.AddResource(new ParameterResource(name, fallback => Read(builder, name, fallback, persist), secret) { Default = value });

    /// <summary>A secret of 22 characters, generated once and kept with the AppHost.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(IDistributedApplicationBuilder builder, string name,
        bool lower = true, bool upper = true, bool numeric = true, bool special = true) =>
        new(name, fallback => Read(builder, name, fallback, persist: true), secret: true)
        {
            Default = new GenerateParameterDefault { MinLength = 22, Lower = lower, Upper = upper, Numeric = numeric, Special = special },
        };

    private static string Read(IDistributedApplicationBuilder builder, string name, ParameterDefault? fallback, bool persist)
    {
        var key = $"Parameters:{name}";
        // environment variables cannot carry a dash in every shell: Parameters__jwt_key stands for jwt-key
        var value = builder.Configuration[key] ?? builder.Configuration[key.Replace('-', '_')];
        if (value is not null)
            return value;
        if (fallback is null)
        {
            throw new MissingParameterValueException($"parameter '{name}' has no value: set {key} "
                + $"(user secrets, appsettings, or the environment variable Parameters__{name.Replace('-', '_')})");
        }

        var generated = fallback.GetDefaultValue();
        return persist && builder is DistributedApplicationBuilder { Secrets: { } secrets } ? secrets.GetOrAdd(key, generated) : generated;
    }
}
