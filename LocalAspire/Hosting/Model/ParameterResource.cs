using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <param name="read">Called once, when somebody needs the value.</param>
public class ParameterResource(string name, Func<string> read, bool secret = false) : Resource(name), IExpressionValue
{
    private readonly Lock _gate = new();
    private string? _value;

    public bool Secret { get; } = secret;
    public string ValueExpression => $"{{{Name}.value}}";
    internal string EncodedExpression => $"{{{Name}-uri-encoded.value}}";

    /// <summary>How a value is made where none is given; the manifest says it.</summary>
    internal PasswordRule? Generated { get; init; }

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(GetValue());

    public string GetValue()
    {
        // two replicas asking at once must see one generated password
        lock (_gate)
            return _value ??= read();
    }
}

/// <summary>A random password of 22 characters; look-alikes (I, l, 1, O, 0) are left out because people copy passwords by eye.</summary>
internal sealed record PasswordRule(bool Special)
{
    public const int Length = 22;

    public string Generate() => RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789" + (Special ? "-_.{}~()*+!" : ""), Length);
}
