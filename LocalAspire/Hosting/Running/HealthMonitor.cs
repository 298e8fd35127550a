namespace LocalAspire.Running;

/// <summary>Asks an instance's health checks until it ends: often until it is well, then now and then.</summary>
internal static class HealthMonitor
{
    private static readonly TimeSpan WhileUnwell = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileWell = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2), ActivityHeadersPropagator = null });

    /// <param name="make">Called at the first check, when the connection string is known.</param>
    public static HealthCheckAnnotation Check(string key, Func<IHealthCheck> make)
    {
        var registration = new HealthCheckRegistration(key, _ => make(), HealthStatus.Unhealthy, tags: null);
        var check = new Lazy<IHealthCheck>(make);
        return new(key, (_, cancellationToken) => check.Value.CheckHealthAsync(new() { Registration = registration }, cancellationToken));
    }

    /// <summary>Asked of every replica by itself, so that the proxy can leave out the one that is not ready.</summary>
    public static HealthCheckAnnotation HttpCheck(string key, string endpointName, string path, int statusCode) => new(key, async (instance, cancellationToken) =>
    {
        var address = new Uri(new Uri($"http://localhost:{((ProjectInstance)instance).Port(endpointName)}"), path);
        using var response = await Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return (int)response.StatusCode == statusCode ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"{address} answered {(int)response.StatusCode}, not {statusCode}.");
    });

    public static async Task RunAsync(Instance instance, CancellationToken cancellationToken)
    {
        var checks = instance.Resource.Annotations.OfType<HealthCheckAnnotation>().ToArray();
        try
        {
            do
            {
                var reports = await Task.WhenAll(checks.Select(check => AskAsync(check, instance, cancellationToken)));
                cancellationToken.ThrowIfCancellationRequested();
                instance.Publish(before => before with { HealthReports = [.. reports] });
                var isWell = reports.All(report => report.Status == HealthStatus.Healthy);
                if (isWell)
                    instance.Owner.SayReady(instance.Resource);
                await Task.Delay(isWell ? WhileWell : WhileUnwell, cancellationToken);
            }
            while (checks.Length > 0);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
    }

    private static async Task<HealthReportSnapshot> AskAsync(HealthCheckAnnotation check, Instance instance, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var result = await check.Ask(instance, deadline.Token);
            return new(check.Key, result.Status, result.Description ?? result.Exception?.Message, result.Exception?.ToString());
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(check.Key, HealthStatus.Unhealthy, failure.Message, failure.ToString());
        }
    }
}
