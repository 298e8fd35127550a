using System.Buffers.Text;

namespace TheBot.Tests.Chaos.Roads;

/// <summary>Where one answer of Redis ends and the next begins (RESP2 and RESP3).</summary>
internal static class Resp
{
    /// <summary>The bytes of the first whole answer; 0 = it has not all arrived.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        var line = bytes.IndexOf("\r\n"u8) + 2;
        if (line < 2) return 0;
        switch ((char)bytes[0])
        {
            case '+' or '-' or ':' or '_' or ',' or '#' or '(':
                return line;
            case '$' or '!' or '=':
                var size = Number(bytes[1..]);
                var whole = size < 0 ? line : line + size + 2;
                return whole <= bytes.Length ? whole : 0;
            case '*' or '~' or '>':
                return Several(bytes, line, Number(bytes[1..]));
            case '%':
                return Several(bytes, line, 2 * Number(bytes[1..]));
            case '|':
                return Several(bytes, line, (2 * Number(bytes[1..])) + 1);
            default:
                throw new InvalidDataException($"no answer of Redis begins with {(char)bytes[0]}");
        }
    }

    private static int Several(ReadOnlySpan<byte> bytes, int at, int parts)
    {
        for (var part = 0; part < parts; part++)
        {
            if (at >= bytes.Length) return 0;
            var length = LengthOf(bytes[at..]);
            if (length == 0) return 0;
            at += length;
        }

        return at;
    }

    private static int Number(ReadOnlySpan<byte> bytes) =>
        Utf8Parser.TryParse(bytes, out int number, out _) ? number : throw new InvalidDataException("a length of Redis that is no number");
}
