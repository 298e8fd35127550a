using System.Buffers;

namespace TheBot.Data.Media;

/// <summary>Addresses of stored files, and what the wire says about a file by its name alone.</summary>
public static class MediaAddress
{
    public const string Prefix = "/media/";
    public const string ImageType = "image";

    private const string DocumentType = "document";
    private const string ArchiveType = "archive";

    /// <summary>What would end an address's path, or mean something else there. Letters of every script stay readable.</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create("%?#\\ \"<>");

    /// <summary>The address of a path below the media root; null where there is none.</summary>
    public static string? Of(string? path)
    {
        if (string.IsNullOrEmpty(path)) return null;
        return path.AsSpan().ContainsAny(Special)
            ? Prefix + string.Concat(path.Select(c => Special.Contains(c) ? Uri.HexEscape(c) : c.ToString()))
            : Prefix + path;
    }

    /// <summary>The last part of a path; null where there is none.</summary>
    public static string? NameOf(string? path) => string.IsNullOrEmpty(path) ? null : path[(path.LastIndexOf('/') + 1)..];

    /// <summary>image, archive or document by the name's ending, as the replaced system's clients expect it; null where there is no file.</summary>
    public static string? TypeOf(string? path)
    {
        if (string.IsNullOrEmpty(path)) return null;
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jpg" or ".jpeg" or ".png" or ".gif" or ".webp" or ".bmp" or ".svg" or ".ico" => ImageType,
            ".zip" or ".rar" or ".7z" or ".tar" or ".gz" or ".bz2" or ".xz" => ArchiveType,
            _ => DocumentType,
        };
    }
}
