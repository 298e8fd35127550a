using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using TheBot.ChatApi.Http;
using TheBot.Contracts;

namespace TheBot.ChatApi.Reference;

/// <summary>What the document says once for all calls: what it is, who may ask, how a refusal looks.</summary>
internal sealed class DocumentReference : IOpenApiDocumentTransformer
{
    public const string Title = "TheBot chat API";

    /// <summary>The refusals' schema, by name.</summary>
    public const string Problem = "Problem";

    /// <summary>The security scheme, by name.</summary>
    public const string Login = "login";

    private const string Description =
        """
        REST beside the sockets of docs/protocol.md. Names are snake_case, times UTC and RFC 3339. A refusal of `/api/v1` is a problem (RFC 9457) with a
        `code` that never changes and, where fields are at fault, `errors` by field. Too much of something is a 429 with `Retry-After`; what is
        too much, `GET /api/v1/limits` tells. `/api/chat` and `/api/auth` answer in the shapes of the system that this one replaces.
        """;

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = Title, Version = ReferenceServices.DocumentName, Description = Description.ReplaceLineEndings(" ") };
        document.Servers = null; // wherever the document was fetched from; a committed file knows no host

        // refusals are described here, not by the framework's types
        document.Components?.Schemas?.Remove(nameof(Microsoft.AspNetCore.Mvc.ProblemDetails));
        document.AddComponent(Problem, ProblemSchema());
        document.AddComponent(nameof(SeedRefusal), SeedRefusalSchema());
        document.AddComponent(Login, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "`Authorization: Bearer <token>` (or `Token <token>`): a token of `POST /api/auth/login/`, 40 hex digits, or a JWT of the school's own login provider.",
        });
        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457, with a `code` that never changes.",
        Required = new HashSet<string> { "status", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("A page about the HTTP status."),
            ["title"] = Text("The HTTP status in words."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            ["detail"] = Text("For a person to read."),
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What went wrong, by a name that never changes.", Enum = [.. Codes()] },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What is wrong with which field.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
            ["retry_after"] = new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double", Description = "Seconds after which the same may succeed." },
            ["rows"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "Loads of the roster: every row that is wrong.",
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["row"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "Its number, from 1." },
                        ["field"] = Text("Which field; empty where the row is no object."),
                        ["rule"] = Text("What it breaks."),
                        ["code"] = Text("The same by a name that never changes."),
                    },
                },
            },
            ["successor"] = Text("410: the address to use."),
        },
    };

    private static OpenApiSchema SeedRefusalSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A refusal as the replaced system had it: `{success, error}`, or `{detail}` for a missing or wrong token.",
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["success"] = new OpenApiSchema { Type = JsonSchemaType.Boolean },
            ["error"] = Text("For a person to read."),
            ["detail"] = Text("For a person to read."),
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static IEnumerable<JsonNode> Codes() => typeof(ErrorCode)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(code => (JsonNode)JsonValue.Create((string)code.GetRawConstantValue()!));
}
