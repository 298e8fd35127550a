using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Dashboard.Resources;

/// <summary>One instance as the pages get it.</summary>
internal sealed record ResourceDto(
    string Id,
    string Name,
    string Type,
    string? Parent,
    string State,
    string? Health,
    int? ExitCode,
    DateTime? Started,
    DateTime? Stopped,
    string? Source,
    IReadOnlyList<ReportDto> Reports,
    IReadOnlyList<UrlDto> Urls,
    IReadOnlyList<VariableDto> Environment,
    IReadOnlyList<WaitDto> Waits,
    IReadOnlyList<string> References,
    IReadOnlyList<NamedDto> Properties)
{
    public static ResourceDto Of(ResourceEvent item, SecretValues secrets)
    {
        var (resource, snapshot) = (item.Resource, item.Snapshot);
        var properties = snapshot.Properties.Where(property => property.Value is not null).ToArray();
        return new ResourceDto(
            item.ResourceId,
            resource.Name,
            snapshot.ResourceType,
            (resource as IResourceWithParent)?.Parent.Name,
            snapshot.State?.Text ?? "Unknown",
            snapshot.HealthStatus?.ToString(),
            snapshot.ExitCode,
            Utc(snapshot.StartTimeStamp),
            Utc(snapshot.StopTimeStamp),
            properties.FirstOrDefault(property => property.Name == "resource.source")?.Value?.ToString(),
            [.. snapshot.HealthReports.Select(report => new ReportDto(report.Name, report.Status?.ToString(), report.Description, report.ExceptionText))],
            [.. snapshot.Urls.Select(url => new UrlDto(url.Name, url.Url))],
            [.. snapshot.EnvironmentVariables.OrderBy(variable => variable.Name, StringComparer.Ordinal).Select(variable => Variable(variable, secrets))],
            [.. resource.Annotations.OfType<WaitAnnotation>().Select(wait => new WaitDto(wait.Resource.Name, Until(wait.WaitType)))],
            [.. Referenced(snapshot.EnvironmentVariables)],
            [.. properties.Where(property => property.Name != "resource.source").Select(property => new NamedDto(property.Name, property.Value!.ToString()!))]);
    }

    private static VariableDto Variable(EnvironmentVariableSnapshot variable, SecretValues secrets) =>
        secrets.IsSecret(variable.Name, variable.Value) ? new VariableDto(variable.Name, null, true) : new VariableDto(variable.Name, variable.Value, false);

    // ConnectionStrings__chatdb and services__chatapi__http__0 name what is used
    private static IEnumerable<string> Referenced(IEnumerable<EnvironmentVariableSnapshot> variables) => variables
        .Select(variable => variable.Name.Split("__") switch
        {
            ["ConnectionStrings", var name] => name,
            ["services", var name, ..] => name,
            _ => null,
        })
        .OfType<string>().Distinct();

    private static string Until(WaitType type) => type switch
    {
        WaitType.WaitUntilHealthy => "healthy",
        WaitType.WaitUntilStarted => "running",
        WaitType.WaitForCompletion => "finished",
        _ => type.ToString(),
    };

    private static DateTime? Utc(DateTime? time) => time is { } at ? DateTime.SpecifyKind(at, DateTimeKind.Utc) : null;
}

internal sealed record ReportDto(string Name, string? Status, string? Description, string? Exception);

internal sealed record UrlDto(string? Name, string Url);

/// <param name="Value">Null = covered.</param>
internal sealed record VariableDto(string Name, string? Value, bool IsSecret);

internal sealed record WaitDto(string Resource, string Until);

internal sealed record NamedDto(string Name, string Value);
