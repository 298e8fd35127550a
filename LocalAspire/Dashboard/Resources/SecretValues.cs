using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Dashboard.Resources;

/// <summary>Which variables are covered until somebody asks: by their name, by what their value looks like, and by the values of secret parameters in them.</summary>
internal sealed partial class SecretValues(IEnumerable<IResource> resources)
{
    private readonly ParameterResource[] _parameters = [.. resources.OfType<ParameterResource>().Where(parameter => parameter.Secret)];

    public bool IsSecret(string name, string? value) =>
        !string.IsNullOrEmpty(value) && (SecretName().IsMatch(name) || SecretValue().IsMatch(value) || _parameters.Any(parameter => IsIn(parameter, value)));

    private static bool IsIn(ParameterResource parameter, string value)
    {
        try
        {
            return parameter.GetValueAsync().AsTask() is { IsCompletedSuccessfully: true, Result: { Length: > 0 } secret } && value.Contains(secret, StringComparison.Ordinal);
        }
        catch (DistributedApplicationException)
        {
            return false; // it has no value, so it is in nobody's environment
        }
    }

    [GeneratedRegex("PASSWORD|SECRET|TOKEN|CREDENTIAL|API_?KEY|__KEY$|_KEY$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    // Password=..;  scheme://user:password@host  x-otlp-api-key=..
    [GeneratedRegex("(password|pwd|api-key)=|://[^/@\\s]*:[^/@\\s]+@", RegexOptions.IgnoreCase)]
    private static partial Regex SecretValue();
}
