using System.Globalization;
using Aspire.Hosting;

namespace LocalAspire.Running;

/// <summary>A PostgreSQL that this machine can run.</summary>
internal sealed record PostgresInstallation(string Folder, string Version, int Major)
{
    private const int Oldest = 15;

    // asked in turn; a further source (a downloaded package) is one more line here
    private static readonly Func<IEnumerable<string>>[] Sources = [InDistributionFolders, OnPath];

    public static async Task<PostgresInstallation> FindAsync()
    {
        foreach (var source in Sources)
        {
            var found = new List<PostgresInstallation>();
            foreach (var folder in source().Where(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"))))
                found.Add(await DescribeAsync(folder));
            if (found.Where(item => item.Major >= Oldest).MaxBy(item => item.Major) is { } newest)
                return await newest.CheckedAsync();
        }

        throw new DistributedApplicationException($"there is no PostgreSQL {Oldest} or later: install it (Debian: apt-get install postgresql, macOS: brew install postgresql), "
            + "or set ConnectionStrings:<its name> to a server that runs already");
    }

    /// <summary>PostgreSQL refuses to run as root: then it runs as nobody in a user namespace, where the files still are the caller's.</summary>
    public ChildCommand Command(string program, IReadOnlyList<string> arguments, string workingDirectory)
    {
        var file = Path.Combine(Folder, program);
        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? new ChildCommand("unshare", ["-U", "--map-user=65534", "--map-group=65534", "--", file, .. arguments], workingDirectory)
            : new ChildCommand(file, arguments, workingDirectory);
    }

    // many containers run everything as root and forbid user namespaces: better said at once than by initdb
    private async Task<PostgresInstallation> CheckedAsync()
    {
        try
        {
            await ChildProcess.RunAsync(Command("postgres", ["--version"], "/"));
            return this;
        }
        catch (DistributedApplicationException failure)
        {
            throw new DistributedApplicationException($"{Folder}/postgres does not run here: use an ordinary user instead of root, or set ConnectionStrings:<its name> ({failure.Message})");
        }
    }

    // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
    private static async Task<PostgresInstallation> DescribeAsync(string folder)
    {
        var answer = await ChildProcess.RunAsync(new ChildCommand(Path.Combine(folder, "postgres"), ["--version"], "/"));
        var version = answer.Split(' ').First(word => char.IsAsciiDigit(word[0]));
        return new PostgresInstallation(folder, version, int.Parse(version.Split('.', 'b', 'r', 'd')[0], CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> InDistributionFolders() =>
        from root in new[] { "/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt" }
        where Directory.Exists(root)
        from folder in Directory.EnumerateDirectories(root)
        where root == "/usr/lib/postgresql" || Path.GetFileName(folder).StartsWith("postgresql", StringComparison.Ordinal)
        select Path.Combine(folder, "bin");

    private static IEnumerable<string> OnPath() => Executables.Path;
}

internal static class Executables
{
    public static IEnumerable<string> Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    public static string? Find(string name) => Path.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
