using System.Globalization;
using System.Text;

namespace TheBot.Bench.Load;

/// <summary>How a message of a run is known again: <c>~L{run}.{sender}.{n}~</c> at the start of its text.</summary>
internal sealed class Tag
{
    /// <summary>UTF-8 bytes of a message's text; what people write, mostly Cyrillic.</summary>
    private const int Payload = 200;

    private const string Filler = "Здравствуйте! Контрольная по физике в четверг, принесите, пожалуйста, тетради с решёнными задачами и линейку; вопросы лучше задать заранее. ";

    private readonly byte[] _prefix;

    public Tag()
    {
        Run = Random.Shared.Next(0x100000, 0xffffff).ToString("x", CultureInfo.InvariantCulture);
        _prefix = Encoding.ASCII.GetBytes($"~L{Run}.");
    }

    /// <summary>Names the run.</summary>
    public string Run { get; }

    /// <summary>For SQL's LIKE: all messages of the run.</summary>
    public string Pattern => $"~L{Run}.%";

    public string Text(int sender, int number)
    {
        var text = new StringBuilder(Payload).Append(CultureInfo.InvariantCulture, $"~L{Run}.{sender}.{number}~ ");
        var bytes = text.Length;
        for (var i = 0; bytes < Payload; i++)
        {
            var next = Filler[i % Filler.Length];
            var size = next < 0x80 ? 1 : 2;
            if (bytes + size > Payload) (next, size) = ('.', 1);
            text.Append(next);
            bytes += size;
        }

        return text.ToString();
    }

    /// <summary>Finds the tag in a frame: sender and number in one key (<see cref="Key"/>), or null.</summary>
    public long? Find(ReadOnlySpan<byte> frame)
    {
        var at = frame.IndexOf(_prefix);
        if (at < 0) return null;
        var rest = frame[(at + _prefix.Length)..];
        return Key(Number(ref rest), Number(ref rest));
    }

    /// <summary>As <see cref="Find"/>, in a stored text.</summary>
    public static long KeyOf(string content)
    {
        var parts = content.Split('~', 3)[1].Split('.');
        return Key(int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public static long Key(int sender, int number) => ((long)sender << 32) | (uint)number;

    public static int SenderOf(long key) => (int)(key >> 32);

    public static int NumberOf(long key) => (int)(uint)key;

    private static int Number(ref ReadOnlySpan<byte> digits)
    {
        var number = 0;
        var i = 0;
        for (; char.IsAsciiDigit((char)digits[i]); i++) number = (number * 10) + (digits[i] - '0');
        digits = digits[(i + 1)..];
        return number;
    }
}
