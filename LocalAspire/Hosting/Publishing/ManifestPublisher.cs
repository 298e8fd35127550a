using System.Text.Json;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Publishing;

/// <summary>`--publisher manifest`: writes the file instead of running the graph, then ends the application.</summary>
internal sealed class ManifestPublisher(IDistributedApplicationBuilder builder, IHostApplicationLifetime lifetime) : BackgroundService
{
    public static string OutputPath(IConfiguration configuration)
    {
        var path = configuration["Pipeline:OutputPath"] ?? configuration["Publishing:OutputPath"] ?? "aspire-manifest.json";
        return Path.GetFullPath(path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? path : Path.Combine(path, "aspire-manifest.json"));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var path = OutputPath(builder.Configuration);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var content = new MemoryStream();
        await using (var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true }))
            await new ManifestWriter(json, Path.GetDirectoryName(path)!, builder.ExecutionContext).WriteAsync(builder.Resources, stoppingToken);
        await File.WriteAllBytesAsync(path, content.ToArray(), stoppingToken);
        Console.WriteLine($"Published manifest to: {path}");
        lifetime.StopApplication();
    }
}
