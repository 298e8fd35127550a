using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>The profile of a project's launchSettings.json that applies here.</summary>
internal sealed record LaunchProfile(string? CommandName, string? ApplicationUrl, Dictionary<string, string>? EnvironmentVariables)
{
    private static readonly JsonSerializerOptions Lenient = new(JsonSerializerDefaults.Web) { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public string Name { get; private init; } = "";
    public IEnumerable<Uri> Urls => (ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(url => new Uri(url.Trim()));
    public Dictionary<string, string> Variables => EnvironmentVariables ?? [];

    /// <summary>The profile called like the AppHost's own, else the first that starts the project.</summary>
    public static LaunchProfile? Find(string projectFolder, string? appHostProfile)
    {
        var file = Path.Combine(projectFolder, "Properties", "launchSettings.json");
        if (!File.Exists(file))
            return null;
        var settings = JsonSerializer.Deserialize<Settings>(File.ReadAllBytes(file), Lenient);
        var profiles = (settings?.Profiles ?? []).Where(item => item.Value.CommandName == "Project").Select(item => item.Value with { Name = item.Key }).ToArray();
        return profiles.FirstOrDefault(item => item.Name == appHostProfile) ?? profiles.FirstOrDefault();
    }

    private sealed record Settings(Dictionary<string, LaunchProfile>? Profiles);
}
