using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text with holes: resolved to values when run, written as expressions in the manifest.</summary>
public class ReferenceExpression : IExpressionValue
{
    public static readonly ReferenceExpression Empty = new("", [], [], []);

    private readonly string?[] _stringFormats;
    private readonly string[] _manifestExpressions;
    private readonly IValueProvider[] _valueProviders;

    private ReferenceExpression(string format, IValueProvider[] valueProviders, string[] manifestExpressions, string?[] stringFormats)
    {
        Format = format;
        _valueProviders = valueProviders;
        _manifestExpressions = manifestExpressions;
        _stringFormats = stringFormats;
    }

    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders => _valueProviders;

    public IReadOnlyList<string> ManifestExpressions => _manifestExpressions;

    public IReadOnlyList<string?> StringFormats => _stringFormats;

    public IValueProvider? Condition { get; private init; }

    public string? MatchValue { get; private init; }

    public ReferenceExpression? WhenTrue { get; private init; }

    public ReferenceExpression? WhenFalse { get; private init; }

    public bool IsConditional => Condition is not null;

    /// <summary>The manifest's name of a conditional expression, which stands there as a resource of its own.</summary>
    internal string? Name { get; private init; }

    public string ValueExpression => IsConditional ? $"{{{Name}.connectionString}}" : string.Format(CultureInfo.InvariantCulture, Format, _manifestExpressions);

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public static ReferenceExpression CreateConditional(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse) =>
        new("", [.. whenTrue.ValueProviders, .. whenFalse.ValueProviders], [], [])
        {
            Condition = condition,
            MatchValue = matchValue,
            WhenTrue = whenTrue,
            WhenFalse = whenFalse,
            Name = ConditionalName((condition as IManifestExpressionProvider)?.ValueExpression ?? condition.GetType().Name, matchValue, whenTrue, whenFalse),
        };

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        if (IsConditional)
        {
            var matches = string.Equals(await Condition!.GetValueAsync(cancellationToken), MatchValue, StringComparison.OrdinalIgnoreCase);
            return await (matches ? WhenTrue! : WhenFalse!).GetValueAsync(cancellationToken);
        }

        var values = new object?[_valueProviders.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await _valueProviders[i].GetValueAsync(cancellationToken);
            values[i] = Apply(value, _stringFormats[i]);
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    // part of the public manifest: "cond-" + the condition as words + xxHash32 over the four parts
    private static string ConditionalName(string condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
    {
        var hash = XxHash32.Hash(Encoding.UTF8.GetBytes(condition + whenTrue.ValueExpression + whenFalse.ValueExpression + matchValue));
        var words = condition.ToLowerInvariant().Split([.. condition.ToLowerInvariant().Where(letter => !char.IsLetterOrDigit(letter))], StringSplitOptions.RemoveEmptyEntries);
        return $"cond-{string.Join('-', words)}-{Convert.ToHexStringLower(hash)}";
    }

    private static string? Apply(string? value, string? format) => format switch
    {
        null => value,
        "uri" => value is null ? null : Uri.EscapeDataString(value),
        _ => throw new FormatException($"'{format}' is no format of a reference expression; there is only 'uri'."),
    };

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength);
        private readonly List<(IValueProvider Provider, string Expression, string? Format)> _holes = new(formattedCount);

        public void AppendLiteral(string value) => _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public void AppendFormatted(string? value, string? format = null) => AppendLiteral(Apply(value, format) ?? "");

        public void AppendFormatted<T>(T valueProvider, string? format = null) where T : IValueProvider, IManifestExpressionProvider
        {
            _format.Append(CultureInfo.InvariantCulture, $"{{{_holes.Count}}}");
            _holes.Add((valueProvider, valueProvider.ValueExpression, format));
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource, format);

        internal ReferenceExpression Build() =>
            new(_format.ToString(), [.. _holes.Select(hole => hole.Provider)], [.. _holes.Select(hole => hole.Expression)], [.. _holes.Select(hole => hole.Format)]);
    }
}
