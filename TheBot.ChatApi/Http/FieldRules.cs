using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using TheBot.Contracts;

namespace TheBot.ChatApi.Http;

/// <summary>Checks a body field by field and gathers everything that is wrong with it.</summary>
internal sealed partial class FieldRules
{
    public static readonly string ClientIdRule = $"must be 1 to {ChatLimits.ClientIdMaxLength} characters of {ChatLimits.ClientIdCharacters}";

    private readonly List<(string Field, string Message)> _errors = [];

    public (string Field, string Message)[] Errors => [.. _errors];

    public bool AreBroken => _errors.Count > 0;

    /// <summary>A rule that only the caller knows is broken.</summary>
    public void Break(string field, string message) => _errors.Add((field, message));

    /// <summary>A text that must be there.</summary>
    public string Text(string field, string? value, int maxLength)
    {
        if (string.IsNullOrWhiteSpace(value)) _errors.Add((field, "is required"));
        return Optional(field, value, maxLength) ?? "";
    }

    /// <summary>A text that may be missing; null if it is blank.</summary>
    public string? Optional(string field, string? value, int maxLength)
    {
        var text = value?.Trim();
        if (text?.Length > maxLength) _errors.Add((field, $"is longer than {maxLength} characters"));
        if (text is not null && !IsPlain(text)) _errors.Add((field, "contains a control character or half of a surrogate pair"));
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>Whether Postgres can keep a text: neither NUL nor half of a surrogate pair is in it.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text)
    {
        while (Rune.DecodeFromUtf16(text, out _, out var length) == OperationStatus.Done)
        {
            if (text[0] == '\0') return false;
            text = text[length..];
        }

        return text.IsEmpty;
    }

    public static bool IsClientId(string id) => id.Length is > 0 and <= ChatLimits.ClientIdMaxLength && !OutsideClientId().IsMatch(id);

    /// <summary>Whether a text is good for one line on somebody's screen.</summary>
    private static bool IsPlain(string text) => IsStorable(text) && !text.Any(char.IsControl);

    /// <summary>An id that must be there.</summary>
    public long Id(string field, long? value)
    {
        if (value is null) _errors.Add((field, "is required"));
        return value ?? 0;
    }

    /// <summary>One of the names of an enumeration, as the wire has them; numbers are no names.</summary>
    public T Name<T>(string field, string? value) where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
            if (string.Equals(value, candidate.ToString().ToLowerInvariant(), StringComparison.Ordinal)) return candidate;
        _errors.Add((field, $"is none of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}"));
        return default;
    }

    [GeneratedRegex($"[^{ChatLimits.ClientIdCharacters}]")]
    private static partial Regex OutsideClientId();
}
