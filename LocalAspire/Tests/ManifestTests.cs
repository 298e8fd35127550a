namespace LocalAspire.Tests;

public class ManifestTests
{
    [Theory]
    [InlineData("--publisher manifest")]
    [InlineData("--operation publish --publisher manifest")]
    public async Task The_manifest_is_the_one_that_the_real_Aspire_wrote(string how)
    {
        // beside the "sample" folder, because the manifest's paths are relative to where it lies
        var folder = Path.GetFullPath(Path.Combine(Projects.ChatLab_AppHost.ProjectPath, "..", ".."));
        var file = Path.Combine(folder, $"manifest-{Guid.NewGuid():n}.json");
        try
        {
            using var appHost = AppHostProcess.Start([.. how.Split(' '), "--output-path", file]);
            await appHost.Exited.WaitAsync(Graph.Patience);
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "manifest-of-13.5.2.json")), await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
