using System.Diagnostics;

namespace TheBot.Tests.Graph;

/// <summary>The committed manifest is what the graph says.</summary>
public class ManifestTests
{
    [Fact]
    public async Task The_committed_manifest_is_not_stale()
    {
        var folder = Directory.CreateTempSubdirectory("manifest-");
        try
        {
            var written = Path.Combine(folder.FullName, "aspire-manifest.json");
            var apphost = typeof(Projects.TheBot_Migrator).Assembly.Location;
            var start = new ProcessStartInfo("dotnet", [apphost, "--publisher", "manifest", "--output-path", written])
            {
                WorkingDirectory = Path.Combine(Repository.Root, "TheBot.AppHost"),
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync(Deadline.Token());
            Assert.True(process.ExitCode == 0, await output + await errors);

            // project paths are relative to the file's own folder
            var relative = Path.GetRelativePath(folder.FullName, Repository.Root).Replace('\\', '/') + "/";
            var fresh = (await File.ReadAllTextAsync(written)).Replace(relative, "", StringComparison.Ordinal);
            var committed = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "aspire-manifest.json"));
            Assert.Equal(committed.TrimEnd(), fresh.TrimEnd(), ignoreLineEndingDifferences: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
