using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text with holes: resolved to values when run, written as expressions in the manifest.</summary>
public sealed class ReferenceExpression : IExpressionValue
{
    private ReferenceExpression(IReadOnlyList<Part> parts) => Parts = parts;

    public string ValueExpression => string.Concat(Parts.Select(part => part.Value?.ValueExpression ?? part.Text));
    internal IReadOnlyList<Part> Parts { get; }

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var texts = new List<string?>();
        foreach (var part in Parts)
            texts.Add(part.Value is null ? part.Text : Encoded(await part.Value.GetValueAsync(cancellationToken), part.IsUri));
        return string.Concat(texts);
    }

    private static string? Encoded(string? text, bool isUri) => isUri && text is not null ? Uri.EscapeDataString(text) : text;

    /// <summary>Either a text or a value.</summary>
    internal sealed record Part(string? Text, IExpressionValue? Value, bool IsUri);

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly List<Part> _parts = new(formattedCount * 2 + Math.Min(literalLength, 1));

        public void AppendLiteral(string value) => _parts.Add(new(value, null, false));

        /// <param name="format">"uri" escapes the value.</param>
        public void AppendFormatted(string? value, string? format = null) => AppendLiteral(Encoded(value, format == "uri") ?? "");

        public void AppendFormatted(IExpressionValue value, string? format = null) => _parts.Add(new(null, value, format == "uri"));

        internal ReferenceExpression Build() => new(_parts);
    }
}
