using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace LocalAspire.Running;

/// <summary>
/// The AppHost's user secrets: generated passwords live on here, where the real Aspire keeps them too. Several AppHosts may share a file,
/// so every change is made under a lock and appears at once or not at all.
/// </summary>
internal sealed class SecretStore(string userSecretsId)
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _file = PathHelper.GetSecretsPathFromSecretsId(userSecretsId);

    public IEnumerable<KeyValuePair<string, string?>> Read() => new ConfigurationBuilder().AddJsonFile(_file, optional: true).Build().AsEnumerable();

    /// <summary>The value kept under the key, or this one, kept from now on.</summary>
    public string GetOrAdd(string key, string value)
    {
        UserFolders.MakePrivate(Path.GetDirectoryName(_file)!);
        using var alone = UserFolders.Wait(_file + ".lock", TimeSpan.FromSeconds(10));
        if (Read().FirstOrDefault(item => item.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value is { } known)
            return known;
        var secrets = File.Exists(_file) ? JsonNode.Parse(File.ReadAllText(_file), documentOptions: Lenient)!.AsObject() : [];
        secrets[key] = value;
        var draft = _file + ".new";
        File.WriteAllText(draft, secrets.ToJsonString(Format));
        File.Move(draft, _file, overwrite: true);
        return value;
    }
}
