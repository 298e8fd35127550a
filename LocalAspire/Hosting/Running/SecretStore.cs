using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LocalAspire.Running;

/// <summary>
/// The AppHost's user secrets: generated passwords live on here, where the real Aspire keeps them too. Several AppHosts may share a file,
/// so every change is made under a lock and appears at once or not at all.
/// </summary>
internal sealed class SecretStore
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _file;

    private SecretStore(string file) => _file = file;

    public static SecretStore Open(string? userSecretsId, string appHostPath)
    {
        if (!string.IsNullOrEmpty(userSecretsId))
        {
            var root = OperatingSystem.IsWindows()
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "Microsoft", "UserSecrets")
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".microsoft", "usersecrets");
            return new SecretStore(Path.Combine(root, userSecretsId, "secrets.json"));
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(appHostPath)))[..10];
        return new SecretStore(Path.Combine(UserFolders.Data, "secrets", hash, "secrets.json"));
    }

    /// <summary>The value kept under the key, or this one, kept from now on.</summary>
    public string GetOrAdd(string key, string value)
    {
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        UserFolders.MakePrivate(folder.FullName);
        using var held = FileLock.Wait(_file + ".lock", TimeSpan.FromSeconds(10));
        var values = Read();
        if (values.TryGetValue(key, out var known) && known is not null)
            return known;
        values[key] = value;
        var draft = _file + ".new";
        File.WriteAllText(draft, JsonSerializer.Serialize(values, Format));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(draft, _file, overwrite: true);
        return value;
    }

    public Dictionary<string, string?> Read()
    {
        if (!File.Exists(_file))
            return [];
        using var document = JsonDocument.Parse(File.ReadAllBytes(_file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Flatten(document.RootElement, "", values);
        return values;
    }

    private static void Flatten(JsonElement element, string prefix, Dictionary<string, string?> values)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
                Flatten(property.Value, $"{prefix}{property.Name}:", values);
            else
                values[prefix + property.Name] = property.Value.ToString();
        }
    }
}
