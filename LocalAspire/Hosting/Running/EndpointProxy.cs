using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace LocalAspire.Running;

/// <summary>One stable port in front of a project's replicas: HTTP and WebSockets, spread over those that are ready.</summary>
internal sealed class EndpointProxy(EndpointReference endpoint, IReadOnlyList<ProjectInstance> replicas) : HttpTransformer, IAsyncDisposable
{
    // long-polling and WebSockets may be silent for long: the replicas decide when a connection ends
    private static readonly ForwarderRequestConfig Patient = new() { ActivityTimeout = TimeSpan.FromDays(1), Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    // header values are bytes: Latin-1 in, Latin-1 out passes each of them as it came
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
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
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ListenLocalhost(port);
        });
        builder.Services.AddHttpForwarder();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        _server = builder.Build();
        _forwarder = _server.Services.GetRequiredService<IHttpForwarder>();
        _server.Run(ForwardAsync);
        await _server.StartAsync(cancellationToken);
    }

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Headers.Host = httpContext.Request.Host.Value;
    }

    // an answer's Upgrade is taken for one between two neighbours and left out, but with 426 it says what the client is to speak (RFC 9110, 15.5.22)
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copiesBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse?.StatusCode == HttpStatusCode.UpgradeRequired)
            httpContext.Response.Headers.Upgrade = proxyResponse.Headers.Upgrade.ToString();
        return copiesBody;
    }

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
            var error = await _forwarder!.SendAsync(context, $"http://127.0.0.1:{replica.Port(endpoint.EndpointName)}", _client, Patient, this);
            if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || !MayRepeat(context))
                return;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        await context.Response.WriteAsync($"No replica of {endpoint.Resource.Name} is ready.", context.RequestAborted);
    }

    // a replica that died a moment ago never saw the request, or it was one that may be asked twice
    private static bool MayRepeat(HttpContext context) =>
        context.Features.Get<IForwarderErrorFeature>()?.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
        || HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    // the ready ones first; where none is, those that run may still answer
    private ProjectInstance[] InTurn()
    {
        var ready = replicas.Where(replica => replica.IsReady).ToArray();
        var candidates = ready.Length > 0 ? ready : [.. replicas.Where(replica => replica.IsRunning)];
        var first = candidates.Length == 0 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % candidates.Length);
        return [.. candidates[first..], .. candidates[..first]];
    }
}
