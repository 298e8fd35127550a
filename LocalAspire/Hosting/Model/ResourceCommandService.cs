using LocalAspire.Running;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Start, stop and restart of instances, and the commands that the AppHost added.</summary>
public class ResourceCommandService
{
    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services) => _services = services;

    /// <param name="resourceId">An instance's id; a resource's plain name only where it has a single instance.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(resourceId, out var state)
            ? await ExecuteAsync(state, commandName, cancellationToken)
            : CommandResults.Failure($"Resource '{resourceId}' not found.");

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        var ids = _services.GetRequiredService<Orchestrator>().InstanceIds(resource);
        var results = await Task.WhenAll(ids.Select(id => ExecuteCommandAsync(id, commandName, cancellationToken)));
        return results.FirstOrDefault(result => !result.Success) ?? results.First();
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(ResourceEvent state, string commandName, CancellationToken cancellationToken)
    {
        try
        {
            var command = state.Resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(item => item.Name.Equals(commandName, StringComparison.OrdinalIgnoreCase));
            if (command is not null)
            {
                return await command.ExecuteCommand(new ExecuteCommandContext
                {
                    ServiceProvider = _services,
                    ResourceName = state.ResourceId,
                    CancellationToken = cancellationToken,
                    Logger = _services.GetRequiredService<ResourceLoggerService>().GetLogger(state.ResourceId),
                });
            }

            return await _services.GetRequiredService<Orchestrator>().ExecuteAsync(state, commandName, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return CommandResults.Failure(failure);
        }
    }
}
