using Aspire.Hosting;

namespace LocalAspire.Running;

/// <summary>What outlives a run, per user.</summary>
internal static class UserFolders
{
    /// <summary>Data volumes and, without user secrets, passwords.</summary>
    public static string Data => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "LocalAspire");

    /// <summary>May be deleted at any time.</summary>
    public static string Cache => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "LocalAspire");

    public static void MakePrivate(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

/// <summary>A lock the kernel gives back when its holder dies, however it dies.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _held;

    private FileLock(FileStream held) => _held = held;

    public static FileLock? TryTake(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static FileLock Wait(string path, TimeSpan patience)
    {
        FileLock? held = null;
        return SpinWait.SpinUntil(() => (held = TryTake(path)) is not null, patience)
            ? held!
            : throw new DistributedApplicationException($"{path} is held by another process");
    }

    public void Dispose() => _held.Dispose();
}
