using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LocalAspire.Running;

/// <summary>Asks an instance's health checks until it ends: often until it is well, then now and then.</summary>
internal static class HealthMonitor
{
    private static readonly TimeSpan WhileUnwell = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileWell = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static ImmutableArray<HealthReportSnapshot> Unanswered(IResource resource) =>
        [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => new HealthReportSnapshot(check.Key, null, null, null))];

    public static async Task RunAsync(Instance instance, Orchestrator owner, CancellationToken cancellationToken)
    {
        var checks = instance.Resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key).ToArray();
        var announced = false;
        try
        {
            while (true)
            {
                var reports = await Task.WhenAll(checks.Select(key => CheckAsync(instance, owner, key, cancellationToken)));
                cancellationToken.ThrowIfCancellationRequested();
                instance.Publish(before => before with { HealthReports = [.. reports] });
                var isWell = reports.All(report => report.Status == HealthStatus.Healthy);
                if (isWell && !announced)
                {
                    announced = true;
                    if (await owner.ReadyAsync(instance))
                        instance.Publish(before => before with { IsReady = true });
                }

                if (checks.Length == 0)
                    return;
                await Task.Delay(isWell ? WhileWell : WhileUnwell, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
    }

    private static async Task<HealthReportSnapshot> CheckAsync(Instance instance, Orchestrator owner, string key, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var probe = instance.Resource.Annotations.OfType<HttpProbeAnnotation>().FirstOrDefault(item => item.Key == key);
            var result = probe is null ? await RegisteredAsync(owner, key, deadline.Token) : await ProbeAsync(instance, owner, probe, deadline.Token);
            return result with { LastRunAt = DateTime.UtcNow };
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new HealthReportSnapshot(key, HealthStatus.Unhealthy, failure.Message, failure.ToString()) { LastRunAt = DateTime.UtcNow };
        }
    }

    private static async Task<HealthReportSnapshot> RegisteredAsync(Orchestrator owner, string key, CancellationToken cancellationToken)
    {
        var report = await owner.HealthChecks.CheckHealthAsync(registration => registration.Name == key, cancellationToken);
        return report.Entries.TryGetValue(key, out var entry)
            ? new HealthReportSnapshot(key, entry.Status, entry.Description, entry.Exception?.ToString())
            : new HealthReportSnapshot(key, HealthStatus.Unhealthy, $"There is no health check named '{key}'.", null);
    }

    private static async Task<HealthReportSnapshot> ProbeAsync(Instance instance, Orchestrator owner, HttpProbeAnnotation probe, CancellationToken cancellationToken)
    {
        foreach (var address in instance.ProbeAddresses(probe))
        {
            using var response = await owner.Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode != probe.StatusCode)
                return new HealthReportSnapshot(probe.Key, HealthStatus.Unhealthy, $"{address} answered {(int)response.StatusCode}, not {probe.StatusCode}.", null);
        }

        return new HealthReportSnapshot(probe.Key, HealthStatus.Healthy, null, null);
    }
}
