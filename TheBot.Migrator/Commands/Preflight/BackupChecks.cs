using System.Globalization;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backup;

namespace TheBot.Migrator.Commands.Preflight;

/// <summary>The checklist's lines about what a rollback would need: a recent backup, and room for the next.</summary>
internal static class BackupChecks
{
    private const long Wanted = 5 * Bytes.Giga;
    private const long Least = 1 * Bytes.Giga;
    private static readonly TimeSpan Stale = TimeSpan.FromHours(24);

    public static IEnumerable<Check> Run(BackupFolder folder, DateTimeOffset now)
    {
        yield return Disk(folder.Path);
        yield return Age(folder, now);
    }

    private static Check Disk(string path)
    {
        // the folder may not be there yet: its nearest ancestor is on the same disk
        var existing = new DirectoryInfo(path);
        while (!existing.Exists && existing.Parent is { } parent) existing = parent;
        return Disk(new DriveInfo(existing.FullName).AvailableFreeSpace, path);
    }

    /// <summary>Whether so many bytes are enough.</summary>
    internal static Check Disk(long free, string path)
    {
        var seen = $"{Bytes.Read(free)} free for backups in {path}";
        const string ToDo = "make room, or choose another folder with --dir; look at the database server's own disk, too, if it is another machine";
        return free >= Wanted ? Check.Ok("disk", seen) : free >= Least ? Check.Warn("disk", seen, ToDo) : Check.Fail("disk", seen, ToDo);
    }

    private static Check Age(BackupFolder folder, DateTimeOffset now)
    {
        if (folder.List() is not [var newest, ..]) return Check.Warn("backup", $"there is none in {folder.Path}", "take one: backup");
        var age = now - newest.TakenAt;
        var seen = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(newest.Path)}, {age.TotalHours:N1} hours old, {Bytes.Read(newest.Bytes)}");
        return age <= Stale ? Check.Ok("backup", seen) : Check.Warn("backup", seen, "take a fresh one: backup");
    }
}
