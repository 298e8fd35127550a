using System.Text.Json.Nodes;

namespace LocalAspire.Running;

/// <summary>The deployment manifest, in the real one's order: the graph's resources, the servers' passwords, conditions.</summary>
internal static class ManifestWriter
{
    /// <param name="folder">Where the manifest will lie: paths are relative to it.</param>
    public static JsonObject Write(IEnumerable<IResource> resources, string folder)
    {
        var written = new JsonObject();
        foreach (var resource in resources)
            written[resource.Name] = Describe(resource, folder);
        var servers = resources.OfType<ContainerResource>().ToArray();
        foreach (var password in servers.Select(server => server.Password))
        {
            written[password.Name] ??= Describe(password, folder);
            if (written.ToJsonString().Contains(password.EncodedExpression, StringComparison.Ordinal))
                written[$"{password.Name}-uri-encoded"] = Json(("type", "annotated.string"), ("value", password.ValueExpression), ("filter", "uri"));
        }

        // which branch holds is known now: nothing at deployment time changes an endpoint's scheme
        foreach (var redis in servers.OfType<RedisResource>())
            written[redis.TlsCondition] = Json(("type", "value.v0"), ("connectionString", ""));
        return Json(("resources", written));
    }

    private static JsonObject Describe(IResource resource, string folder) => resource switch
    {
        ContainerResource container => Json(
            ("type", "container.v0"),
            ("connectionString", container.ConnectionStringExpression.ValueExpression),
            ("image", container.Image),
            ("entrypoint", container.Entrypoint),
            ("args", Arguments(container)),
            ("volumes", List(container.Annotations.OfType<VolumeAnnotation>().Select(volume => Json(("name", volume.Name), ("target", volume.Target), ("readOnly", volume.IsReadOnly))))),
            ("env", Environment(container)),
            ("bindings", Bindings(container))),
        ProjectResource project => Json(
            ("type", "project.v0"),
            ("path", Path.GetRelativePath(folder, project.ProjectPath).Replace('\\', '/')),
            ("args", Arguments(project)),
            ("env", Environment(project)),
            ("bindings", Bindings(project))),
        ParameterResource parameter => Json(
            ("type", "parameter.v0"),
            ("value", $"{{{parameter.Name}.inputs.value}}"),
            ("inputs", Json(("value", Json(("type", "string"), ("secret", OnlyIf(parameter.Secret)), ("default", Default(parameter.Generated))))))),
        IResourceWithConnectionString connection => Json(("type", "value.v0"), ("connectionString", connection.ConnectionStringExpression.ValueExpression)),
        _ => Json(("error", "This resource does not support generation in the manifest.")),
    };

    private static JsonObject? Default(PasswordRule? rule) =>
        rule is null ? null : Json(("generate", Json(("minLength", PasswordRule.Length), ("special", rule.Special ? null : false))));

    private static JsonArray? Arguments(IResource resource) =>
        List(resource.Annotations.OfType<ArgumentsAnnotation>().SelectMany(item => item.Arguments).Select(argument => JsonValue.Create(argument)));

    private static JsonObject? Environment(IResource resource)
    {
        var variables = new Dictionary<string, object>();
        foreach (var annotation in resource.Annotations.OfType<EnvironmentAnnotation>())
            annotation.Add(variables, null);
        return variables.Count == 0 ? null : Json(variables.Select(item => (item.Key, (JsonNode?)(item.Value is IExpressionValue value ? value.ValueExpression : (string)item.Value))));
    }

    private static JsonObject? Bindings(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        return endpoints.Length == 0 ? null : Json(endpoints.Select(endpoint => (endpoint.Name, (JsonNode?)Json(
            ("scheme", endpoint.UriScheme),
            ("protocol", "tcp"),
            ("transport", endpoint.IsHttp ? "http" : "tcp"),
            ("port", endpoint.Port == endpoint.TargetPort ? null : endpoint.Port),
            ("targetPort", endpoint.TargetPort),
            ("external", OnlyIf(endpoint.IsExternal))))));
    }

    private static bool? OnlyIf(bool value) => value ? true : null;

    /// <summary>Leaves out what is null.</summary>
    private static JsonObject Json(params IEnumerable<(string Name, JsonNode? Value)> items) =>
        new(items.Where(item => item.Value is not null).Select(item => KeyValuePair.Create(item.Name, item.Value)));

    private static JsonArray? List(IEnumerable<JsonNode> items) => items.ToArray() is { Length: > 0 } some ? new JsonArray(some) : null;
}
