using System.Text;

namespace TheBot.Data.Media;

/// <summary>What a file is by its first bytes. A name says nothing: it came from whoever uploaded the file.</summary>
public static class MediaContent
{
    /// <summary>What nobody opens by itself.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>Bytes from the beginning that <see cref="TypeOf"/> looks at.</summary>
    public const int HeadBytes = 512;

    /// <summary>The content type of a file that begins like this; <see cref="Unknown"/> also for everything that a browser would run (HTML, SVG).</summary>
    public static string TypeOf(ReadOnlySpan<byte> head)
    {
        if (head is [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..]) return "image/png";
        if (head is [0xFF, 0xD8, 0xFF, ..]) return "image/jpeg";
        if (head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)) return "image/gif";
        if (head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("WEBP"u8)) return "image/webp";
        if (head.StartsWith("BM"u8) && head.Length >= 14) return "image/bmp";
        if (head.StartsWith("%PDF-"u8)) return "application/pdf";
        if (head is [0x50, 0x4B, 0x03, 0x04, ..] or [0x50, 0x4B, 0x05, 0x06, ..]) return "application/zip";
        return IsPlainText(head) ? "text/plain; charset=utf-8" : Unknown;
    }

    /// <summary>Pictures that a browser may show in its place; everything else is handed over for saving.</summary>
    public static bool IsPicture(string contentType) => contentType.StartsWith("image/", StringComparison.Ordinal);

    private static bool IsPlainText(ReadOnlySpan<byte> head)
    {
        foreach (var b in head)
        {
            if (b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r')) return false;
        }

        // what begins with a tag may be a page or a drawing with a script in it
        return head.Length > 0 && !head.TrimStart(" \t\r\n"u8).StartsWith("<"u8) && IsUtf8(head);
    }

    /// <summary>A character that the head's end cuts in two does not count against it.</summary>
    private static bool IsUtf8(ReadOnlySpan<byte> head)
    {
        while (!head.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(head, out _, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData) return true;
            if (status != System.Buffers.OperationStatus.Done) return false;
            head = head[length..];
        }

        return true;
    }
}
