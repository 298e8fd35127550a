using System.Net;
using Aspire.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace LocalAspire.Running;

/// <summary>One stable port in front of a project's replicas: HTTP and WebSockets, spread over those that are ready.</summary>
internal sealed class EndpointProxy(string resourceName, string endpointName, IReadOnlyList<ProjectInstance> replicas) : IAsyncDisposable
{
    // long-polling and WebSockets may be silent for long: the replicas decide when a connection ends
    private static readonly ForwarderRequestConfig Patient = new() { ActivityTimeout = TimeSpan.FromDays(1), Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private static readonly HttpTransformer AsAsked = new KeepHost();

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });

    private WebApplication? _server;
    private IHttpForwarder? _forwarder;
    private int _turn;

    public async Task StartAsync(int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenLocalhost(port);
        });
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<IHostLifetime, LivesWithTheAppHost>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        _server = builder.Build();
        _forwarder = _server.Services.GetRequiredService<IHttpForwarder>();
        _server.Run(ForwardAsync);
        try
        {
            await _server.StartAsync(cancellationToken);
        }
        catch (IOException failure)
        {
            throw new DistributedApplicationException(PortInUse(port, resourceName, endpointName), failure);
        }
    }

    public static string PortInUse(int port, string resource, string endpoint) =>
        $"port {port} of resource '{resource}' (endpoint '{endpoint}') is in use by another process: end that one or choose another port";

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync();
            await _server.DisposeAsync();
        }

        _client.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        foreach (var replica in InTurn())
        {
            var error = await _forwarder!.SendAsync(context, $"http://127.0.0.1:{replica.Port(endpointName)}", _client, Patient, AsAsked);
            if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || !MayRepeat(context))
                return;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        await context.Response.WriteAsync($"No replica of {resourceName} is ready.", context.RequestAborted);
    }

    // a replica that died a moment ago never saw the request, or it was one that may be asked twice
    private static bool MayRepeat(HttpContext context) =>
        context.Features.Get<IForwarderErrorFeature>()?.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
        || HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    // the ready ones first; where none is, those that run may still answer
    private List<ProjectInstance> InTurn()
    {
        var candidates = replicas.Where(replica => replica.IsReady).ToList();
        if (candidates.Count == 0)
            candidates = [.. replicas.Where(replica => replica.IsRunning)];
        if (candidates.Count == 0)
            return candidates;
        var first = (int)((uint)Interlocked.Increment(ref _turn) % candidates.Count);
        return [.. candidates[first..], .. candidates[..first]];
    }

    private sealed class KeepHost : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
        }
    }

    private sealed class LivesWithTheAppHost : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
