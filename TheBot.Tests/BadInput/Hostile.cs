using System.Globalization;
using System.Text;

namespace TheBot.Tests.BadInput;

/// <summary>Input that nobody means well with, from a seed: the same seed makes the same input.</summary>
internal sealed class Hostile(int seed)
{
    private const string Sql = "'; DROP TABLE messages; --";

    /// <summary>Texts as they stand between the quotes of a JSON string.</summary>
    private static readonly string[] JsonTexts =
    [
        "", " ", "\\u0000", "a\\u0000b", "\\ud800", "a\\udfff", "\\udc00\\ud800", "\\u202e\\u200b", "\\ufeff", "\\r\\nX-Injected: yes", "null", "true", "-1", "1e999",
        "99999999999999999999", Sql, "1 OR 1=1", "%' OR '%'='", "$1", "{0}", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "../../etc/passwd",
        "{{7*7}}", "👩‍👩‍👧‍👦", "é́́́́", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999+14:00", "0001-01-01T00:00:00+14:00", "infinity",
    ];

    private static readonly string[] Ids =
    [
        "0", "-1", "1", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "1e3", "1.5", "0x10", "abc",
        "%27%20OR%201%3D1--", "%3Cscript%3E", "%EF%BC%91%EF%BC%92", "+1", "1%20", "%20", "null", "true", "1%2F2", "..%2F..", "%F0%28%8C%28", "%ED%A0%80", "%00", "1%00", "%ud800",
    ];

    private readonly Random _random = new(seed);

    public T One<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    public bool Chance(int percent) => _random.Next(100) < percent;

    public int Number(int below) => _random.Next(below);

    /// <summary>A segment of an address, or the value of one of its parameters.</summary>
    public string Segment() => Chance(70) ? One(Ids) : Chance(50) ? Uri.EscapeDataString(One(JsonTexts)) : new string('9', 1 + Number(3000));

    /// <summary>The value of a header; what HTTP itself forbids there is left out.</summary>
    public string Header() => Chance(20) ? new string('x', 199) + "😀" : new string([.. One(JsonTexts).Where(letter => !char.IsControl(letter))]);

    /// <summary>A JSON text (with its quotes).</summary>
    public string Text() => Chance(10) ? $"\"{new string('я', 1 + Number(20_000))}\"" : $"\"{One(JsonTexts)}\"";

    /// <summary>Any JSON value at all.</summary>
    public string Value(int depth = 3) => Number(depth > 0 ? 9 : 7) switch
    {
        0 => "null",
        1 => One(["true", "false"]),
        2 => One(["0", "-0", "-1", "1.5", "1e400", "-1e400", "9223372036854775807", "9223372036854775808", "123456789012345678901234567890"]),
        3 or 4 or 5 => Text(),
        6 => _random.NextInt64(-5, 100).ToString(CultureInfo.InvariantCulture),
        7 => $"[{string.Join(',', Enumerable.Range(0, Number(4)).Select(_ => Value(depth - 1)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, Number(4)).Select(_ => $"{Text()}:{Value(depth - 1)}"))}}}",
    };

    /// <summary>A body that should have been these members, each with a value that is meant well.</summary>
    public byte[] Body(IReadOnlyList<(string Name, string Value)> members, bool isArray)
    {
        var fields = members.ToList();
        for (var changes = Number(3); changes > 0 && fields.Count > 0; changes--)
        {
            var at = Number(fields.Count);
            switch (Number(5))
            {
                case 0: fields.RemoveAt(at); break;
                case 1: fields.Add((fields[at].Name, Value())); break; // a key twice
                case 2: fields.Add(("unknown_" + Number(9), Value())); break;
                default: fields[at] = (fields[at].Name, Value()); break;
            }
        }

        var text = $"{{{string.Join(',', fields.Select(field => $"\"{field.Name}\":{field.Value}"))}}}";
        if (isArray) text = $"[{string.Join(',', Enumerable.Repeat(text, 1 + Number(3)))}]";
        return Number(24) switch
        {
            0 => [],
            1 => Encoding.UTF8.GetBytes(Value()),
            2 => Encoding.UTF8.GetBytes(text[..Number(text.Length)]),
            3 => Bytes(),
            4 => [.. Encoding.UTF8.GetBytes(text.TrimEnd(']', '}')), .. ",\"x\":\""u8, 0xED, 0xA0, 0x80, 0xFF, .. "\"}"u8],
            5 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 5_000))),
            6 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200)),
            7 => Encoding.Unicode.GetBytes(text),
            8 => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
            9 => Encoding.UTF8.GetBytes(text + text),
            10 => Encoding.UTF8.GetBytes($"{{\"{(fields.Count > 0 ? fields[0].Name : "x")}\":\"{new string('x', 600_000)}\"}}"),
            _ => Encoding.UTF8.GetBytes(text),
        };
    }

    private byte[] Bytes()
    {
        var bytes = new byte[1 + Number(200)];
        _random.NextBytes(bytes);
        return bytes;
    }
}
