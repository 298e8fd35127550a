using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Reference;

/// <summary>What the framework cannot know of a schema: which names a text may have, and what a body may leave out.</summary>
internal sealed class SchemaReference : IOpenApiSchemaTransformer
{
    /// <summary>Names that mean the same everywhere on the wire, with all that they may say.</summary>
    private static readonly Dictionary<string, string[]> Names = new()
    {
        ["role"] = Roles(),
        ["sender_role"] = Roles(),
        ["kind"] = [.. Enum.GetValues<RoomKind>().Select(kind => kind.ToWire())],
    };

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (schema.Type is not { } type) return Task.CompletedTask;
        if ((type & (JsonSchemaType.Integer | JsonSchemaType.Number)) != 0)
        {
            // a number in quotes is read as well, for old clients; nobody else should write one
            schema.Type = type & ~JsonSchemaType.String;
            schema.Pattern = null;
        }

        if (type.HasFlag(JsonSchemaType.String) && context.JsonPropertyInfo?.Name is { } property && Names.TryGetValue(property, out var names))
            schema.Enum = [.. names.Select(name => (JsonNode)JsonValue.Create(name))];
        if (IsBody(context.JsonTypeInfo.Type))
        {
            foreach (var member in context.JsonTypeInfo.Properties) Require(schema, member);
        }

        return Task.CompletedTask;
    }

    /// <summary>What a client sends. Its fields may all be missing to the compiler, so that one answer can name all that are.</summary>
    private static bool IsBody(Type type) => type.Name.EndsWith("Body", StringComparison.Ordinal) || type.Name.EndsWith("Request", StringComparison.Ordinal);

    private static void Require(OpenApiSchema body, JsonPropertyInfo member)
    {
        if (member.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) is not true)
        {
            body.Required?.Remove(member.Name);
        }
        else if (body.Properties?[member.Name] is OpenApiSchema { Type: { } type } field)
        {
            (body.Required ??= new HashSet<string>()).Add(member.Name);
            field.Type = type & ~JsonSchemaType.Null;
        }
    }

    private static string[] Roles() => [.. Enum.GetNames<Role>().Select(name => name.ToLowerInvariant())];
}
