using System.Buffers.Binary;
using System.Text;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>As much of protobuf's wire format as reading a few fields takes.</summary>
internal static class Protobuf
{
    /// <summary>The length-delimited fields of a number, in order.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int number) =>
        Fields(message).Where(field => field.Number == number && field.Type == 2).Select(field => field.Value);

    public static string? Text(ReadOnlyMemory<byte> message, int number) =>
        Messages(message, number).Select(value => Encoding.UTF8.GetString(value.Span)).FirstOrDefault();

    /// <summary>NumberDataPoint { 4: as_double, 6: as_int }, both in eight bytes.</summary>
    public static double PointValue(ReadOnlyMemory<byte> point) => Fields(point).Where(field => field.Type == 1).Sum(field => field.Number switch
    {
        4 => BinaryPrimitives.ReadDoubleLittleEndian(field.Value.Span),
        6 => BinaryPrimitives.ReadInt64LittleEndian(field.Value.Span),
        _ => 0,
    });

    private static IEnumerable<(int Number, int Type, ReadOnlyMemory<byte> Value)> Fields(ReadOnlyMemory<byte> message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message.Span, ref at);
            var type = (int)(key & 7);
            var start = at;
            int length;
            switch (type)
            {
                case 0:
                    _ = Varint(message.Span, ref at);
                    length = at - start;
                    break;
                case 1:
                    length = 8;
                    break;
                case 2:
                    length = (int)Varint(message.Span, ref at);
                    start = at;
                    break;
                case 5:
                    length = 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {type}");
            }

            yield return ((int)(key >> 3), type, message.Slice(start, length));
            at = start + length;
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }
}
