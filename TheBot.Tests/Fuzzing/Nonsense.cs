using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TheBot.Tests.Fuzzing;

/// <summary>What no honest client says, made of what honest clients say.</summary>
/// <param name="random">Where chance comes from: the same seed says the same.</param>
/// <param name="honest">Right frames of the dialect, which get broken here.</param>
/// <param name="terminator">What ends a message within a frame (the hub's protocol), or nothing.</param>
internal sealed class Nonsense(Random random, IReadOnlyList<string> honest, string terminator = "")
{
    private static readonly string[] OddValues =
    [
        "null", "true", "-1", "0", "1e400", "9223372036854775808", "-9223372036854775809", "1.5", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"abc\"", "[]", "{}",
        "[[[[1]]]]", "{\"a\":{\"b\":null}}", "\"9\"", "\"99999999999999999999\"", "\"\\ud83d\\ude00\"",
    ];

    /// <summary>The bytes of one or more frames.</summary>
    /// <param name="what">For the failure's text.</param>
    public byte[] Say(out string what)
    {
        var kind = random.Next(18);
        (what, var bytes) = kind switch
        {
            0 => ("random bytes as text", Text(Bytes(random.Next(0, 300)))),
            1 => ("random bytes as frames", Bytes(random.Next(1, 300))),
            2 => ("truncated JSON", Text(Truncated())),
            3 => ("concatenated JSON", Text(Utf8(One() + One()))),
            4 or 5 or 6 or 7 => ("a wrong type", Text(Utf8(WrongType()))),
            8 => ("oversize", Text(Utf8("{\"type\":\"ping\",\"x\":\"" + new string('x', 131_072) + "\"}"))),
            9 => ("oversize in parts", InParts(Utf8(new string('[', 140_000)), 9_000)),
            10 => ("binary", RudeSocket.Frame(2, Bytes(random.Next(0, 300)))),
            11 => ("bad UTF-8", Text([.. "{\"type\":\"ping\",\"a\":\""u8, 0xc3, 0x28, 0xed, 0xa0, 0x80, .. "\"}"u8])),
            12 => ("deep nesting", Text(Utf8(Repeated(random.Next(2) == 0 ? "[" : "{\"a\":", 20_000)))),
            13 => ("an honest frame in parts with a ping between", InParts(Utf8(One()), 3, ping: true)),
            14 => ("empty", Text([])),
            15 => ("a control frame that is not allowed", ControlFrame()),
            16 => ("the same member twice", Text(Utf8(One().Replace("{", "{\"type\":7,\"room\":[],\"data\":3,", StringComparison.Ordinal)))),
            _ => ("ten thousand frames in one write", TenThousand()),
        };
        return bytes;
    }

    /// <summary>A right one.</summary>
    public string One() => honest[random.Next(honest.Count)] + terminator;

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Text(byte[] payload) => RudeSocket.Frame(1, payload);

    private static string Repeated(string text, int times) => new StringBuilder(text.Length * times).Insert(0, text, times).ToString();

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Truncated()
    {
        var whole = Utf8(One());
        return whole[..random.Next(1, whole.Length)];
    }

    /// <summary>Somewhere in an honest frame stands something else.</summary>
    private string WrongType()
    {
        var frame = JsonNode.Parse(honest[random.Next(honest.Count)])!.AsObject();
        var at = frame;
        while (true)
        {
            var name = at.ElementAt(random.Next(at.Count)).Key;
            if (at[name] is JsonObject { Count: > 0 } inner && random.Next(3) > 0)
            {
                at = inner;
                continue;
            }

            // as text, because not every odd value is one that JSON nodes can hold
            var mark = Guid.NewGuid().ToString("N");
            at[name] = mark;
            return frame.ToJsonString().Replace($"\"{mark}\"", OddValues[random.Next(OddValues.Length)], StringComparison.Ordinal) + terminator;
        }
    }

    private static byte[] InParts(byte[] payload, int parts, bool ping = false)
    {
        var bytes = new List<byte>();
        var size = Math.Max(1, payload.Length / parts);
        for (var at = 0; at < payload.Length; at += size)
        {
            var part = payload.AsSpan(at, Math.Min(size, payload.Length - at));
            bytes.AddRange(RudeSocket.Frame(at == 0 ? 1 : 0, part, isFinal: at + size >= payload.Length));
            if (ping) bytes.AddRange(RudeSocket.Frame(9, "hello"u8));
        }

        return [.. bytes];
    }

    private byte[] ControlFrame() => random.Next(8) switch
    {
        0 => RudeSocket.Frame(9, Bytes(126)),
        1 => RudeSocket.Frame(9, [], isFinal: false),
        2 => RudeSocket.Frame(8, [0x03]),
        3 => RudeSocket.Frame(8, [0x00, 0x07, .. "no such code"u8]),
        4 => RudeSocket.Frame(11, "reserved"u8),
        5 => RudeSocket.Frame(1, Utf8(One()), flags: 0x40),
        6 => RudeSocket.Frame(1, Utf8(One()), isMasked: false),
        _ => RudeSocket.Frame(0, "goes on, but nothing began"u8),
    };

    private byte[] TenThousand()
    {
        var bytes = new MemoryStream();
        var isHonest = random.Next(2) == 0;
        for (var i = 0; i < 10_000; i++)
        {
            bytes.Write(Text(Utf8(isHonest ? "{\"type\":\"ping\",\"id\":\"" + i.ToString(CultureInfo.InvariantCulture) + "\"}" + terminator : WrongType())));
        }

        return bytes.ToArray();
    }
}
