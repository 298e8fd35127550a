using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using TheBot.ChatApi.Auth;

namespace TheBot.Tests.BadInput;

/// <summary>Every address that the API answers at, from its own routing: also those that its document leaves out, and those that somebody adds tomorrow.</summary>
internal sealed class ApiEndpoints : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private IHost? _built;

    /// <summary>Runs the API's entry point as far as its endpoints are mapped: it writes its document then, and ends.</summary>
    public static IReadOnlyList<RouteEndpoint> All()
    {
        var (it, document) = (new ApiEndpoints(), Path.GetTempFileName());
        try
        {
            using (DiagnosticListener.AllListeners.Subscribe(it)) typeof(Identity).Assembly.EntryPoint!.Invoke(null, [new[] { "openapi", document }]);
            return [.. it._built!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
        }
        finally
        {
            File.Delete(document);
        }
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.Extensions.Hosting") value.Subscribe(this);
    }

    /// <summary>The host as soon as it is built; other tests of this process may build theirs at the same time, on their own threads.</summary>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == "HostBuilt" && Environment.CurrentManagedThreadId == _thread) _built = (IHost)value.Value!;
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
