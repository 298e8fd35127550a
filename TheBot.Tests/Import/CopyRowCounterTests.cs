using TheBot.Migrator.Commands.Import;

namespace TheBot.Tests.Import;

/// <summary>Rows are counted in the stream itself, wherever it is cut.</summary>
public class CopyRowCounterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Rows_are_counted_however_the_stream_is_cut(int pieceBytes)
    {
        // header with an extension of 3 bytes; rows of (null, "abc"), (), ("", 300 bytes); the end; what comes after it is none
        byte[] stream =
        [
            .. "PGCOPY\n"u8, 0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3,
            0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 3, .. "abc"u8,
            0, 0,
            0, 2, 0, 0, 0, 0, 0, 0, 1, 44, .. new byte[300],
            0xFF, 0xFF,
            0, 1, 0, 0, 0, 0,
        ];
        var counter = new CopyRowCounter();

        foreach (var piece in stream.Chunk(pieceBytes)) counter.Read(piece);

        Assert.Equal(3, counter.Rows);
    }
}
