using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.ApplicationModel;

public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();

    internal abstract void WriteToManifest(Utf8JsonWriter writer);
}

/// <summary>A random value; look-alikes (I, l, 1, O, 0) are left out because people copy passwords by eye.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public override string GetDefaultValue()
    {
        string[] sets =
        [
            .. Lower ? ["abcdefghjkmnpqrstuvwxyz"] : Array.Empty<string>(),
            .. Upper ? ["ABCDEFGHJKMNPQRSTUVWXYZ"] : Array.Empty<string>(),
            .. Numeric ? ["23456789"] : Array.Empty<string>(),
            .. Special ? ["-_.{}~()*+!"] : Array.Empty<string>(),
        ];
        return RandomNumberGenerator.GetString(string.Concat(sets), MinLength);
    }

    internal override void WriteToManifest(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        foreach (var (name, wanted) in new[] { ("lower", Lower), ("upper", Upper), ("numeric", Numeric), ("special", Special) })
        {
            if (!wanted)
                writer.WriteBoolean(name, false);
        }

        writer.WriteEndObject();
    }
}

internal sealed class ConstantParameterDefault(Func<string> value) : ParameterDefault
{
    public override string GetDefaultValue() => value();

    internal override void WriteToManifest(Utf8JsonWriter writer) => writer.WriteString("value", value());
}

public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name), IExpressionValue
{
    private readonly Lock _gate = new();
    private string? _value;

    public ParameterDefault? Default { get; set; }

    public bool Secret { get; } = secret;

    public string? Description { get; set; }

    public string ValueExpression => $"{{{Name}.value}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        // two replicas asking at once must see one generated password
        lock (_gate)
            return ValueTask.FromResult<string?>(_value ??= callback(Default));
    }

    /// <summary>An explicit connection string decides what the server's own parameters would say.</summary>
    internal void Override(string value)
    {
        lock (_gate)
            _value = value;
    }
}
