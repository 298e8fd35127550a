using System.Net;
using Aspire.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Dashboard;

/// <summary>What a server speaks and does.</summary>
internal sealed record ServerPlan(HttpProtocols Protocols, Action<IServiceCollection> AddServices, Action<WebApplication> Map);

/// <summary>A server on loopback that lives with the AppHost's process and reads none of its settings.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalServer(WebApplication app, string url) => (_app, Url) = (app, url);

    /// <summary>Without a slash at its end.</summary>
    public string Url { get; }

    /// <param name="port">0 = any.</param>
    /// <param name="plan">What it does.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LocalServer> StartAsync(int port, ServerPlan plan, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (port == 0)
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = plan.Protocols);
            else
                kestrel.ListenLocalhost(port, listen => listen.Protocols = plan.Protocols);
        });
        builder.Services.AddSingleton<IHostLifetime, LivesWithTheAppHost>();
        // pages hold streams open that end when the client is cut off
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        builder.Services.AddRouting();
        plan.AddServices(builder.Services);
        var app = builder.Build();
        plan.Map(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException failure)
        {
            throw new DistributedApplicationException($"port {port} of the dashboard is in use by another process: end that one or choose another port", failure);
        }

        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new LocalServer(app, $"http://localhost:{bound.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class LivesWithTheAppHost : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
