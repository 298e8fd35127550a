using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Publishing;

/// <summary>`--publisher manifest`: writes the file instead of running the graph, then ends the application.</summary>
internal sealed class ManifestPublisher(IConfiguration configuration, DistributedApplicationModel model, IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var path = Path.GetFullPath(configuration["Pipeline:OutputPath"] ?? "aspire-manifest.json");
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            path = Path.Combine(path, "aspire-manifest.json");
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!).FullName;
        await File.WriteAllTextAsync(path, new ManifestWriter(folder).Write(model.Resources).ToJsonString(Indented), stoppingToken);
        Console.WriteLine($"Published manifest to: {path}");
        lifetime.StopApplication();
    }
}
