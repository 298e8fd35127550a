using System.Globalization;

namespace TheBot.Migrator.CommandLine;

/// <summary>Sizes for people.</summary>
internal static class Bytes
{
    public const long Giga = 1L << 30;

    public static string Read(long bytes) => bytes switch
    {
        >= Giga => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Giga:N1} GB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):N1} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:N0} kB"),
    };
}
