using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Publishing;

/// <summary>The deployment manifest, in the real one's order: the graph's resources, the parameters they refer to, conditions.</summary>
internal sealed class ManifestWriter(string folder)
{
    private readonly JsonObject _resources = [];
    private readonly List<ParameterResource> _parameters = [];
    private readonly HashSet<ParameterResource> _encoded = [];
    private readonly Dictionary<string, WhenTls> _conditions = [];

    public JsonObject Write(IEnumerable<IResource> resources)
    {
        foreach (var resource in resources)
            _resources[resource.Name] = Describe(resource);
        foreach (var parameter in _parameters)
        {
            if (!_resources.ContainsKey(parameter.Name))
                _resources[parameter.Name] = Describe(parameter);
            if (_encoded.Contains(parameter))
                _resources[EncodedName(parameter)] = new JsonObject { ["type"] = "annotated.string", ["value"] = parameter.ValueExpression, ["filter"] = "uri" };
        }

        foreach (var name in _conditions.Keys)
            _resources[name] = new JsonObject { ["type"] = "value.v0", ["connectionString"] = "" };
        return new JsonObject { ["resources"] = _resources };
    }

    private JsonObject Describe(IResource resource) => resource switch
    {
        ContainerResource container => Container(container),
        ProjectResource project => Project(project),
        ParameterResource parameter => new JsonObject
        {
            ["type"] = "parameter.v0",
            ["value"] = $"{{{parameter.Name}.inputs.value}}",
            ["inputs"] = new JsonObject { ["value"] = Input(parameter) },
        },
        IResourceWithConnectionString connection => new JsonObject { ["type"] = "value.v0", ["connectionString"] = Expression(connection.ConnectionStringExpression) },
        _ => new JsonObject { ["error"] = "This resource does not support generation in the manifest." },
    };

    private JsonObject Container(ContainerResource container)
    {
        var json = new JsonObject { ["type"] = "container.v0" };
        if (container is IResourceWithConnectionString connection)
            json["connectionString"] = Expression(connection.ConnectionStringExpression);
        var image = container.Annotations.OfType<ContainerAnnotation>().Single();
        json["image"] = image.Image;
        if (image.Entrypoint is not null)
            json["entrypoint"] = image.Entrypoint;
        AddArguments(container, json);
        var volumes = container.Annotations.OfType<VolumeAnnotation>()
            .Select(volume => new JsonObject { ["name"] = volume.Name, ["target"] = volume.Target, ["readOnly"] = volume.IsReadOnly }).ToArray();
        if (volumes.Length > 0)
            json["volumes"] = new JsonArray([.. volumes]);
        return WithEnvironmentAndBindings(container, json);
    }

    private JsonObject Project(ProjectResource project)
    {
        var json = new JsonObject { ["type"] = "project.v0", ["path"] = Path.GetRelativePath(folder, project.ProjectPath).Replace('\\', '/') };
        AddArguments(project, json);
        return WithEnvironmentAndBindings(project, json);
    }

    private static void AddArguments(IResource resource, JsonObject json)
    {
        var arguments = resource.Annotations.OfType<ArgumentsAnnotation>().SelectMany(item => item.Arguments).ToArray();
        if (arguments.Length > 0)
            json["args"] = new JsonArray([.. arguments.Select(argument => JsonValue.Create(argument))]);
    }

    private static JsonObject Input(ParameterResource parameter)
    {
        var input = new JsonObject { ["type"] = "string" };
        if (parameter.Secret)
            input["secret"] = true;
        if (parameter.Generated is not { } rule)
            return input;
        var generate = new JsonObject { ["minLength"] = PasswordRule.Length };
        if (!rule.Special)
            generate["special"] = false;
        input["default"] = new JsonObject { ["generate"] = generate };
        return input;
    }

    private JsonObject WithEnvironmentAndBindings(IResource resource, JsonObject json)
    {
        var variables = new Dictionary<string, object>();
        foreach (var annotation in resource.Annotations.OfType<EnvironmentAnnotation>())
            annotation.Add(variables);
        if (variables.Count > 0)
            json["env"] = new JsonObject(variables.Select(variable => KeyValuePair.Create(variable.Key, (JsonNode?)Expression(variable.Value))));
        var bindings = resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => KeyValuePair.Create(endpoint.Name, (JsonNode?)Binding(endpoint))).ToArray();
        if (bindings.Length > 0)
            json["bindings"] = new JsonObject(bindings);
        return json;
    }

    private static JsonObject Binding(EndpointAnnotation endpoint)
    {
        var json = new JsonObject { ["scheme"] = endpoint.UriScheme, ["protocol"] = "tcp", ["transport"] = endpoint.IsHttp ? "http" : "tcp" };
        if (endpoint.Port is { } port && port != endpoint.TargetPort)
            json["port"] = port;
        if (endpoint.TargetPort is { } targetPort)
            json["targetPort"] = targetPort;
        if (endpoint.IsExternal)
            json["external"] = true;
        return json;
    }

    /// <summary>The value as the manifest spells it; the parameters and conditions it refers to get their own entries later.</summary>
    private string Expression(object value, bool isUri = false)
    {
        switch (value)
        {
            case ReferenceExpression expression:
                return string.Concat(expression.Parts.Select(part => part.Value is null ? part.Text : Expression(part.Value, part.IsUri)));
            case ParameterResource parameter:
                if (!_parameters.Contains(parameter))
                    _parameters.Add(parameter);
                if (isUri)
                    _encoded.Add(parameter);
                return isUri ? $"{{{EncodedName(parameter)}.value}}" : parameter.ValueExpression;
            case WhenTls condition:
                _conditions[condition.Name] = condition;
                return condition.ValueExpression;
            case IExpressionValue other:
                return other.ValueExpression;
            default:
                return (string)value;
        }
    }

    private static string EncodedName(ParameterResource parameter) => $"{parameter.Name}-uri-encoded";
}
