using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>The profile of a project's launchSettings.json that applies here.</summary>
internal sealed record LaunchProfile(string Name, Uri[] Urls, Dictionary<string, string> EnvironmentVariables)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The named profile; else the one called like the AppHost's own; else the first that starts the project.</summary>
    public static LaunchProfile? Find(string projectPath, string? wanted, string? appHostProfile)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(file))
            return wanted is null ? null : throw new DistributedApplicationException($"{projectPath} has no launch profile '{wanted}'.");
        var profiles = Read(file);
        return wanted is not null
            ? profiles.FirstOrDefault(item => item.Name == wanted) ?? throw new DistributedApplicationException($"{file} has no profile '{wanted}'.")
            : profiles.FirstOrDefault(item => item.Name == appHostProfile) ?? profiles.FirstOrDefault();
    }

    public static IReadOnlyList<LaunchProfile> Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file), Lenient);
        if (!document.RootElement.TryGetProperty("profiles", out var profiles))
            return [];
        return [.. profiles.EnumerateObject().Where(item => Text(item.Value, "commandName") == "Project").Select(item => new LaunchProfile(item.Name,
            [.. (Text(item.Value, "applicationUrl") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(url => new Uri(url))],
            item.Value.TryGetProperty("environmentVariables", out var variables)
                ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString() ?? "")
                : []))];
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
