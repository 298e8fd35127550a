using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Dashboard;

/// <summary>The engine's door to the dashboard; it finds this class by its name, so that nothing depends on it.</summary>
public static class DashboardHosting
{
    private const string OtlpUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    private const string DefaultOtlpUrl = "http://localhost:18889";

    /// <summary>
    /// Adds the dashboard to a graph that will run: pages where the AppHost's own <c>ASPNETCORE_URLS</c> says, telemetry where its
    /// <c>ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL</c> does, both on free ports where ports are random. Must be called before the engine is registered:
    /// the dashboard starts first and ends last.
    /// </summary>
    /// <exception cref="DistributedApplicationException">A port is taken; the message is for the console as it is.</exception>
    public static void AddTo(IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var configuration = builder.Configuration;
        var isRandom = configuration.GetValue("DcpPublisher:RandomizePorts", defaultValue: false);
        var options = new DashboardOptions(
            builder.Environment.ApplicationName,
            PortOf(isRandom ? null : configuration["ASPNETCORE_URLS"], "pages"),
            PortOf(isRandom ? null : configuration[OtlpUrlKey] ?? DefaultOtlpUrl, "telemetry"),
            configuration["AppHost:BrowserToken"] ?? RandomNumberGenerator.GetHexString(32, lowercase: true),
            configuration["AppHost:OtlpApiKey"] ??= RandomNumberGenerator.GetHexString(32, lowercase: true));
        builder.Services.AddHostedService(services => new DashboardServer(
            options,
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<ResourceNotificationService>(),
            services.GetRequiredService<ResourceLoggerService>(),
            services.GetRequiredService<ResourceCommandService>(),
            otlpUrl => configuration[OtlpUrlKey] = otlpUrl,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Aspire.Hosting.DistributedApplication")));
    }

    // checked here and not only when listening: what fails while the host starts is logged by it with a stack trace
    private static int PortOf(string? urls, string what)
    {
        if (string.IsNullOrEmpty(urls))
            return 0;
        var url = urls.Split(';').Select(item => Uri.TryCreate(item, UriKind.Absolute, out var uri) ? uri : null).FirstOrDefault(item => item?.Scheme == "http")
            ?? throw new DistributedApplicationException($"the dashboard's address '{urls}' is no http:// URL; https needs the real Aspire packages");
        if (url.Port != 0 && !IsFree(url.Port))
            throw new DistributedApplicationException($"port {url.Port} of the dashboard ({what}) is in use by another process: end that one or choose another port");
        return url.Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}

/// <param name="Application">The AppHost's name.</param>
/// <param name="PagesPort">0 = any.</param>
/// <param name="OtlpPort">0 = any.</param>
/// <param name="BrowserToken">Lets a browser in.</param>
/// <param name="OtlpApiKey">Lets telemetry in.</param>
internal sealed record DashboardOptions(string Application, int PagesPort, int OtlpPort, string BrowserToken, string OtlpApiKey);
