using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text with holes: resolved to values when run, written as expressions in the manifest.</summary>
public sealed class ReferenceExpression : IExpressionValue
{
    private readonly List<ExpressionValue> _parts;

    private ReferenceExpression(List<ExpressionValue> parts) => _parts = parts;

    public string ValueExpression => string.Concat(_parts.Select(part => part.ValueExpression));

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    public string GetValue() => string.Concat(_parts.Select(part => part.GetValue()));

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        internal List<ExpressionValue> Parts { get; } = new(Math.Min(literalLength, 1) + formattedCount * 2);

        public void AppendLiteral(string value) => Parts.Add(new(value, () => value));

        public void AppendFormatted(string value) => AppendLiteral(value);

        public void AppendFormatted(IExpressionValue value) => Parts.Add(new(value.ValueExpression, value.GetValue));

        /// <param name="format">"uri" escapes the value.</param>
        public void AppendFormatted(IExpressionValue value, string format) =>
            Parts.Add(new((value as ParameterResource)?.EncodedExpression ?? value.ValueExpression, () => format == "uri" ? Uri.EscapeDataString(value.GetValue()) : value.GetValue()));
    }
}

internal sealed record ExpressionValue(string ValueExpression, Func<string> Read) : IExpressionValue
{
    public string GetValue() => Read();
}
