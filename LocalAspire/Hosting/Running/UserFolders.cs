namespace LocalAspire.Running;

/// <summary>What outlives a run, per user.</summary>
internal static class UserFolders
{
    /// <summary>Data volumes.</summary>
    public static string Data => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "LocalAspire");

    /// <summary>May be deleted at any time.</summary>
    public static string Cache => MakePrivate(Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "LocalAspire"));

    /// <summary>A folder that is made once and then only read; an attempt that was cut short leaves nothing that looks like one.</summary>
    public static async Task<string> CachedAsync(string name, Func<string, Task> make)
    {
        var folder = Path.Combine(Cache, name);
        using var alone = Wait(folder + ".lock", TimeSpan.FromMinutes(5));
        if (Directory.Exists(folder))
            return folder;
        var draft = folder + ".new";
        Delete(draft);
        MakePrivate(draft);
        await make(draft);
        Directory.Move(draft, folder);
        return folder;
    }

    /// <summary>The folder, made if need be, for this user's eyes alone.</summary>
    public static string MakePrivate(string folder) =>
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    public static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(path);
    }

    /// <summary>A lock that the kernel gives back when its holder dies, however it dies; null when somebody holds it.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static FileStream Wait(string path, TimeSpan patience)
    {
        FileStream? held = null;
        return SpinWait.SpinUntil(() => (held = TryLock(path)) is not null, patience) ? held! : throw new DistributedApplicationException($"{path} is held by another process");
    }
}
