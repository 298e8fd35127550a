using System.IO.Hashing;
using System.Text;

namespace TheBot.Migrator.Commands.Verify;

/// <summary>What was compared and what differs.</summary>
internal sealed class VerifyReport
{
    /// <summary>Problems of each kind that are told; all are counted.</summary>
    private const int ShownPerKind = 20;

    private readonly Dictionary<string, (long Count, List<string> First)> _problems = [];

    public long Messages { get; set; }
    public long Rooms { get; set; }
    public long Members { get; set; }
    public long Tokens { get; set; }

    /// <summary>Of everybody's messages, as the replaced system has them; the same as <see cref="OurChecksum"/> where nothing differs.</summary>
    public Checksum LegacyChecksum { get; } = new();

    public Checksum OurChecksum { get; } = new();

    public long ProblemCount => _problems.Values.Sum(p => p.Count);

    public IEnumerable<(string Kind, long Count, List<string> First)> Problems => _problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value.Count, p.Value.First));

    public void Add(string kind, string what)
    {
        var (count, first) = _problems.TryGetValue(kind, out var known) ? known : (0, []);
        if (first.Count < ShownPerKind) first.Add(what);
        _problems[kind] = (count + 1, first);
    }
}

/// <summary>A number over contents in their order.</summary>
internal sealed class Checksum
{
    private readonly XxHash128 _hash = new();

    public void Add(long id, string content)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(number, id);
        _hash.Append(number);
        _hash.Append(Encoding.ASCII.GetBytes(content));
    }

    public override string ToString() => Convert.ToHexStringLower(_hash.GetCurrentHash());
}
