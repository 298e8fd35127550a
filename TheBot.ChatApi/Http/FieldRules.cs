namespace TheBot.ChatApi.Http;

/// <summary>Checks a body field by field and gathers everything that is wrong with it.</summary>
internal sealed class FieldRules
{
    private readonly List<(string Field, string Message)> _errors = [];

    public (string Field, string Message)[] Errors => [.. _errors];

    public bool AreBroken => _errors.Count > 0;

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
        // Postgres keeps no NUL in a text
        if (text?.Contains('\0', StringComparison.Ordinal) == true) _errors.Add((field, "contains a NUL character"));
        return string.IsNullOrEmpty(text) ? null : text;
    }

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
}
