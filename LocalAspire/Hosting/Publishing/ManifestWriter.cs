using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Publishing;

/// <summary>The deployment manifest, in the real one's order: the graph's resources, what they refer to, encoded parameters, conditions.</summary>
internal sealed class ManifestWriter(Utf8JsonWriter json, string folder, DistributedApplicationExecutionContext executionContext)
{
    private readonly List<IResource> _referenced = [];
    private readonly List<(ParameterResource Parameter, string Format)> _encoded = [];
    private readonly Dictionary<string, ReferenceExpression> _conditions = [];

    public async Task WriteAsync(ICollection<IResource> resources, CancellationToken cancellationToken)
    {
        json.WriteStartObject();
        json.WriteStartObject("resources");
        foreach (var resource in resources)
            await WriteResourceAsync(resource, cancellationToken);
        // writing one may refer to a further one
        for (var i = 0; i < _referenced.Count; i++)
        {
            if (!resources.Contains(_referenced[i]))
                await WriteResourceAsync(_referenced[i], cancellationToken);
        }

        foreach (var (parameter, format) in _encoded.ToArray())
            WriteEncoded(parameter, format);
        foreach (var (name, condition) in _conditions)
            await WriteConditionAsync(name, condition, cancellationToken);
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private async Task WriteResourceAsync(IResource resource, CancellationToken cancellationToken)
    {
        json.WriteStartObject(resource.Name);
        switch (resource)
        {
            case ContainerResource container:
                await WriteContainerAsync(container, cancellationToken);
                break;
            case ProjectResource project:
                json.WriteString("type", "project.v0");
                json.WriteString("path", Path.GetRelativePath(folder, project.GetProjectMetadata().ProjectPath).Replace('\\', '/'));
                WriteArguments(project);
                await WriteEnvironmentAsync(project, cancellationToken);
                WriteBindings(project);
                break;
            case ParameterResource parameter:
                WriteParameter(parameter);
                break;
            case IResourceWithConnectionString connection:
                json.WriteString("type", "value.v0");
                json.WriteString("connectionString", Expression(connection.ConnectionStringExpression));
                break;
            default:
                json.WriteString("error", "This resource does not support generation in the manifest.");
                break;
        }

        json.WriteEndObject();
        foreach (var (parameter, format) in _encoded.Where(item => item.Parameter == resource).ToArray())
            WriteEncoded(parameter, format);
    }

    private async Task WriteContainerAsync(ContainerResource container, CancellationToken cancellationToken)
    {
        json.WriteString("type", "container.v0");
        if (container is IResourceWithConnectionString connection)
            json.WriteString("connectionString", Expression(connection.ConnectionStringExpression));
        var image = container.Annotations.OfType<ContainerImageAnnotation>().Last();
        json.WriteString("image", $"{image.Registry}/{image.Image}:{image.Tag}");
        if (container.Entrypoint is not null)
            json.WriteString("entrypoint", container.Entrypoint);
        WriteArguments(container);
        WriteMounts(container);
        await WriteEnvironmentAsync(container, cancellationToken);
        WriteBindings(container);
    }

    private void WriteParameter(ParameterResource parameter)
    {
        json.WriteString("type", "parameter.v0");
        json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        json.WriteStartObject("inputs");
        json.WriteStartObject("value");
        json.WriteString("type", "string");
        if (parameter.Secret)
            json.WriteBoolean("secret", true);
        if (parameter.Default is not null)
        {
            json.WriteStartObject("default");
            parameter.Default.WriteToManifest(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteEncoded(ParameterResource parameter, string format)
    {
        _encoded.Remove((parameter, format));
        json.WriteStartObject($"{parameter.Name}-{format}-encoded");
        json.WriteString("type", "annotated.string");
        json.WriteString("value", parameter.ValueExpression);
        json.WriteString("filter", format);
        json.WriteEndObject();
    }

    // which branch holds is known now: nothing at deployment time changes an endpoint's scheme
    private async Task WriteConditionAsync(string name, ReferenceExpression condition, CancellationToken cancellationToken)
    {
        var holds = string.Equals(await condition.Condition!.GetValueAsync(cancellationToken), condition.MatchValue, StringComparison.OrdinalIgnoreCase);
        json.WriteStartObject(name);
        json.WriteString("type", "value.v0");
        json.WriteString("connectionString", Expression((holds ? condition.WhenTrue : condition.WhenFalse)!));
        json.WriteEndObject();
    }

    private void WriteArguments(IResource resource)
    {
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            annotation.Callback(arguments);
        if (arguments.Count == 0)
            return;
        json.WriteStartArray("args");
        foreach (var argument in arguments)
            json.WriteStringValue(Expression(argument));
        json.WriteEndArray();
    }

    private void WriteMounts(ContainerResource container)
    {
        foreach (var (property, type) in new[] { ("bindMounts", ContainerMountType.BindMount), ("volumes", ContainerMountType.Volume) })
        {
            var mounts = container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).ToArray();
            if (mounts.Length == 0)
                continue;
            json.WriteStartArray(property);
            foreach (var mount in mounts)
            {
                json.WriteStartObject();
                json.WriteString(type == ContainerMountType.Volume ? "name" : "source", mount.Source);
                json.WriteString("target", mount.Target);
                json.WriteBoolean("readOnly", mount.IsReadOnly);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    private async Task WriteEnvironmentAsync(IResource resource, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        if (context.EnvironmentVariables.Count == 0)
            return;
        json.WriteStartObject("env");
        foreach (var (name, value) in context.EnvironmentVariables)
            json.WriteString(name, Expression(value));
        json.WriteEndObject();
    }

    private void WriteBindings(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        if (endpoints.Length == 0)
            return;
        json.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            json.WriteStartObject(endpoint.Name);
            json.WriteString("scheme", endpoint.UriScheme);
            json.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            json.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port && port != endpoint.TargetPort)
                json.WriteNumber("port", port);
            if (endpoint.TargetPort is { } targetPort)
                json.WriteNumber("targetPort", targetPort);
            if (endpoint.IsExternal)
                json.WriteBoolean("external", true);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>The value as the manifest spells it; whatever it refers to gets its own entry later.</summary>
    private string Expression(object value)
    {
        switch (value)
        {
            case ReferenceExpression { IsConditional: true } condition:
                _conditions.TryAdd(condition.Name!, condition);
                return condition.ValueExpression;
            case ReferenceExpression expression:
                var parts = expression.ValueProviders.Select((provider, index) => (object)Part(provider, expression.ManifestExpressions[index], expression.StringFormats[index])).ToArray();
                return string.Format(System.Globalization.CultureInfo.InvariantCulture, expression.Format, parts);
            case IManifestExpressionProvider provider:
                return Part(provider, provider.ValueExpression, format: null);
            default:
                return Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
        }
    }

    private string Part(object provider, string expression, string? format)
    {
        switch (provider)
        {
            case ReferenceExpression nested:
                return Expression(nested);
            case ParameterResource parameter when format is not null:
                Refer(parameter);
                if (!_encoded.Contains((parameter, format)))
                    _encoded.Add((parameter, format));
                return $"{{{parameter.Name}-{format}-encoded.value}}";
            case ConnectionStringReference connection:
                Refer(connection.Resource);
                return expression;
            case IResource resource:
                Refer(resource);
                return expression;
            default:
                return expression;
        }
    }

    private void Refer(IResource resource)
    {
        if (!_referenced.Contains(resource))
            _referenced.Add(resource);
    }
}
