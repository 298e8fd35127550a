using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting;

namespace LocalAspire.Running;

/// <summary>
/// A server's files: its data, and beside them the password its superuser was given last. A new folder is a copy of a template that initdb
/// made once per version: copying takes a fifth of the time.
/// </summary>
internal sealed class PostgresFolder
{
    private readonly string _root;

    private PostgresFolder(string root) => _root = root;

    public string Data => Path.Combine(_root, "data");

    private string PasswordFile => Path.Combine(_root, "password");

    private string NextPasswordFile => Path.Combine(_root, "password.next");

    public static async Task<PostgresFolder> OpenAsync(PostgresInstallation installation, string parent)
    {
        var root = Path.Combine(parent, $"pg{installation.Major}");
        if (!Directory.Exists(root))
        {
            var template = await TemplateAsync(installation);
            var draft = root + ".new";
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
            Copy(template, draft);
            Directory.Move(draft, root);
        }

        var folder = new PostgresFolder(root);
        await folder.WaitForPredecessorAsync();
        return folder;
    }

    /// <summary>The password may have been changed without being noted, when the AppHost died between the two: both are candidates.</summary>
    public IEnumerable<string> Passwords() => new[] { PasswordFile, NextPasswordFile }.Where(File.Exists).Select(File.ReadAllText);

    public async Task ChangePasswordAsync(string password, Func<Task> change)
    {
        await File.WriteAllTextAsync(NextPasswordFile, password);
        await change();
        File.Move(NextPasswordFile, PasswordFile, overwrite: true);
    }

    private static async Task<string> TemplateAsync(PostgresInstallation installation)
    {
        var template = Path.Combine(UserFolders.Cache, $"postgres-{installation.Version}");
        if (Directory.Exists(template))
            return template;
        var draft = $"{template}.{Path.GetRandomFileName()}";
        UserFolders.MakePrivate(Directory.CreateDirectory(draft).FullName);
        var password = Path.Combine(draft, "password");
        await File.WriteAllTextAsync(password, RandomNumberGenerator.GetHexString(32));
        await ChildProcess.RunAsync(installation.Command("initdb",
            ["-D", Path.Combine(draft, "data"), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", $"--pwfile={password}", "--no-sync", "--no-instructions"], draft));
        try
        {
            Directory.Move(draft, template);
        }
        catch (IOException) when (Directory.Exists(template))
        {
            // another AppHost was first; its template is as good
            Directory.Delete(draft, recursive: true);
        }

        return template;
    }

    // after a crash of the AppHost its postgres may still be shutting down; a pid file whose process is gone would keep the next from starting
    private async Task WaitForPredecessorAsync()
    {
        var file = Path.Combine(Data, "postmaster.pid");
        if (!File.Exists(file))
            return;
        var pid = int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
        var deadline = DateTime.UtcNow.AddSeconds(10);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (ServesThisFolder(pid))
        {
            if (DateTime.UtcNow > deadline)
                throw new DistributedApplicationException($"another PostgreSQL (process {pid}) uses {Data}");
            await timer.WaitForNextTickAsync();
        }

        File.Delete(file);
    }

    private bool ServesThisFolder(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains(Data);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Copy(string from, string to)
    {
        var folder = Directory.CreateDirectory(to);
        UserFolders.MakePrivate(folder.FullName);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var child in Directory.EnumerateDirectories(from))
            Copy(child, Path.Combine(to, Path.GetFileName(child)));
    }
}
