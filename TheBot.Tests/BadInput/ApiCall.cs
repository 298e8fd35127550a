using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TheBot.Tests.BadInput;

/// <summary>A call of the API, as its own document describes it.</summary>
/// <param name="Method">GET, POST...</param>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Query">Names of what may stand in the query.</param>
/// <param name="Headers">Names of headers that mean something here.</param>
/// <param name="Body">The members of the body, or of each of its rows; null = it takes none.</param>
/// <param name="IsArray">Whether the body is an array of those.</param>
public sealed record ApiCall(string Method, string Path, string[] Query, string[] Headers, (string Name, string Type)[]? Body, bool IsArray)
{
    public bool IsOfTheSeed => Path.StartsWith("/api/chat", StringComparison.Ordinal) || Path.StartsWith("/api/auth", StringComparison.Ordinal);

    public IEnumerable<string> Segments => Regex.Matches(Path, "{([^}]+)}").Select(match => match.Groups[1].Value);

    public override string ToString() => $"{Method} {Path}";

    public static IEnumerable<ApiCall> All(JsonNode document)
    {
        foreach (var (path, methods) in document["paths"]!.AsObject())
        {
            foreach (var (method, call) in methods!.AsObject())
            {
                var parameters = (call!["parameters"]?.AsArray() ?? []).Select(parameter => ((string)parameter!["name"]!, In: (string)parameter["in"]!)).ToList();
                var schema = call["requestBody"]?["content"]?.AsObject().First().Value?["schema"];
                var isArray = schema?["items"] is not null;
                yield return new ApiCall(
                    method.ToUpperInvariant(),
                    path,
                    [.. parameters.Where(parameter => parameter.In == "query").Select(parameter => parameter.Item1)],
                    [.. parameters.Where(parameter => parameter.In == "header").Select(parameter => parameter.Item1)],
                    call["requestBody"] is null ? null : Members(document, isArray ? schema!["items"] : schema),
                    isArray);
            }
        }
    }

    private static (string Name, string Type)[] Members(JsonNode document, JsonNode? schema)
    {
        if ((string?)schema?["$ref"] is { } name) schema = document["components"]!["schemas"]![name[(name.LastIndexOf('/') + 1)..]];
        return [.. (schema?["properties"]?.AsObject() ?? []).Select(member => (member.Key, TypeOf(member.Value!)))];
    }

    private static string TypeOf(JsonNode schema) => schema["type"] switch
    {
        JsonArray several => several.Select(type => (string)type!).First(type => type != "null"),
        JsonValue one => (string)one!,
        _ => "object",
    };
}
