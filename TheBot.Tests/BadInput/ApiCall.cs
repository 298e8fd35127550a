using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace TheBot.Tests.BadInput;

/// <summary>A call of the API, as its own document describes it or, where that leaves it out, its routing.</summary>
/// <param name="Method">GET, POST...</param>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Query">Names of what may stand in the query.</param>
/// <param name="Headers">Names of headers that mean something here.</param>
/// <param name="Body">The members of the body, or of each of its rows; null = it takes none.</param>
/// <param name="IsArray">Whether the body is an array of those.</param>
public sealed partial record ApiCall(string Method, string Path, string[] Query, string[] Headers, (string Name, string Type)[]? Body, bool IsArray)
{
    /// <summary>What a socket's address may say in its query.</summary>
    public static readonly string[] HandshakeQuery = ["token", "authorization", "access_token", "ticket", "room_id", "since", "id"];

    public bool IsOfTheSeed => IsOf("/api/chat", "/api/auth");

    public bool IsSocket => IsOf("/ws", "/hubs");

    /// <summary>Whether a part of the framework answers there, in words of its own.</summary>
    public bool IsOfTheFramework => IsOf("/hubs", "/openapi", "/health", "/alive");

    public IEnumerable<string> Segments => Regex.Matches(Path, "{([^}]+)}").Select(match => match.Groups[1].Value);

    public override string ToString() => $"{Method} {Path}";

    /// <summary>The calls that the document describes, and then everything else that is routed somewhere.</summary>
    public static List<ApiCall> All(JsonNode document, IEnumerable<RouteEndpoint> endpoints)
    {
        var described = Described(document).ToList();
        return [.. described, .. endpoints.SelectMany(Routed).Where(call => !described.Exists(known => (known.Method, known.Path) == (call.Method, call.Path)))];
    }

    /// <summary>An endpoint by each of its methods; where it names none, by those that differ in what a request may have.</summary>
    public static IEnumerable<ApiCall> Routed(RouteEndpoint endpoint)
    {
        var path = "/" + RouteConstraint().Replace(endpoint.RoutePattern.RawText!.Trim('/'), "{$1}");
        foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } named ? named : ["GET", "POST", "DELETE"])
        {
            var call = new ApiCall(method, path, [], [], method == "POST" ? [] : null, IsArray: false);
            yield return call.IsSocket ? call with { Query = HandshakeQuery } : call;
        }
    }

    private static IEnumerable<ApiCall> Described(JsonNode document)
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

    private bool IsOf(params string[] prefixes) => prefixes.Any(prefix => Path.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary><c>{roomId:long}</c>, <c>{**path}</c></summary>
    [GeneratedRegex(@"\{\**(\w+)[^}]*}")]
    private static partial Regex RouteConstraint();

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
