using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>Where the backups of one database lie: <c>{database}-{UTC time}.dump</c>, so that names sort by age.</summary>
internal sealed class BackupFolder
{
    /// <summary>Configuration key of the folder; <c>--dir</c> overrules it.</summary>
    public const string Key = "Backup:Directory";

    /// <summary>What pg_dump is still writing; only a finished one gets its name.</summary>
    public const string Unfinished = ".part";

    /// <summary>Counts and checksums of what a backup holds, beside it.</summary>
    public const string Holds = ".holds.json";

    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";
    private const string Extension = ".dump";

    private readonly string _database;

    private BackupFolder(string path, string database) => (Path, _database) = (path, database);

    public string Path { get; }

    public static Option<string?> Option { get; } = MakeOption();

    public static BackupFolder Of(VerbRun run, string database)
    {
        var configured = run.Services.GetRequiredService<IConfiguration>()[Key];
        var folder = run.Arguments.GetValue(Option) ?? (string.IsNullOrWhiteSpace(configured) ? "backups" : configured);
        return new BackupFolder(System.IO.Path.GetFullPath(folder), database);
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<BackupFile> List()
    {
        if (!Directory.Exists(Path)) return [];
        return
        [
            .. Directory.EnumerateFiles(Path, $"{_database}-*{Extension}")
                .Select(file => TakenAt(file) is { } at ? new BackupFile(file, at, new FileInfo(file).Length) : null)
                .OfType<BackupFile>()
                .OrderByDescending(backup => backup.TakenAt),
        ];
    }

    /// <summary>The one to restore unless another is named.</summary>
    /// <exception cref="VerbFailure">There is none.</exception>
    public BackupFile Newest() => List() is [var newest, ..] ? newest : throw new VerbFailure($"there is no backup of {_database} in {Path}");

    /// <summary>Makes the folder, where there is none, for its owner alone.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
        else Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>An empty file that nobody but its owner may read from the first moment on, whatever the folder lets them: everybody's words and password hashes go into it.</summary>
    public static FileStream CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    public static void Delete(BackupFile backup)
    {
        File.Delete(backup.Path);
        File.Delete(backup.Path + Holds);
    }

    public string NewName(DateTimeOffset now) =>
        System.IO.Path.Combine(Path, $"{_database}-{now.ToString(TimeFormat, CultureInfo.InvariantCulture)}{Extension}");

    private static Option<string?> MakeOption()
    {
        var option = new Option<string?>("--dir") { HelpName = "DIR", Description = $"Where backups lie; without it the configuration key {Key}, or else ./backups." };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("--dir: is empty.");
        });
        return option;
    }

    private DateTimeOffset? TakenAt(string file)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        return name.Length > _database.Length + 1 && DateTimeOffset.TryParseExact(
            name[(_database.Length + 1)..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
    }
}

/// <summary>A finished backup.</summary>
internal sealed record BackupFile(string Path, DateTimeOffset TakenAt, long Bytes);
