using System.Reflection;

namespace Aspire.Hosting;

public sealed class DistributedApplicationOptions
{
    public string[]? Args { get; set; }

    public string? AssemblyName { get; set; }

    public bool DisableDashboard { get; set; }

    public bool EnableResourceLogging { get; set; }

    public bool AllowUnsecuredTransport { get; set; }

    public string? ProjectDirectory { get; set; }

    internal Assembly? Assembly => AssemblyName is null ? Assembly.GetEntryAssembly() : Assembly.Load(AssemblyName);

    internal static string? Metadata(Assembly? assembly, string key) =>
        assembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(item => item.Key.Equals(key, StringComparison.OrdinalIgnoreCase))?.Value;
}

public enum DistributedApplicationOperation
{
    Run = 0,
    Publish = 1,
}

public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation, string publisherName)
{
    private IServiceProvider? _services;

    public DistributedApplicationOperation Operation { get; } = operation;

    public string PublisherName { get; } = publisherName;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    public IServiceProvider Services
    {
        get => _services ?? throw new InvalidOperationException("The services exist once the application is built.");
        internal set => _services = value;
    }
}

/// <summary>Something is wrong with the graph or its surroundings; the message is meant for the console as it is.</summary>
public class DistributedApplicationException(string message, Exception? innerException = null) : Exception(message, innerException);
