namespace Aspire.Hosting.ApplicationModel;

public sealed record ExecuteCommandResult(bool Success, string? Message);

/// <summary>Start, stop and restart of instances.</summary>
public class ResourceCommandService(IServiceProvider services)
{
    /// <param name="resourceId">An instance's id; a resource's plain name only where it has a single instance.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        if (!services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(resourceId, out var state))
            return new(false, $"Resource '{resourceId}' not found.");
        try
        {
            return await services.GetRequiredService<Orchestrator>().ExecuteAsync(state, commandName, cancellationToken);
        }
        catch (DistributedApplicationException failure)
        {
            return new(false, failure.Message);
        }
    }

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        var ids = services.GetRequiredService<Orchestrator>().InstanceIds(resource);
        var results = await Task.WhenAll(ids.Select(id => ExecuteCommandAsync(id, commandName, cancellationToken)));
        return results.FirstOrDefault(result => !result.Success) ?? results.First();
    }
}
