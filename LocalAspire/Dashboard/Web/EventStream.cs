using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace LocalAspire.Dashboard.Web;

/// <summary>Server-sent events (the EventSource of browsers): one JSON value an event.</summary>
internal sealed class EventStream(HttpResponse response)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static EventStream Open(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        return new EventStream(context.Response);
    }

    public async Task SendAsync<T>(string name, T value, CancellationToken cancellationToken)
    {
        await response.WriteAsync($"event: {name}\ndata: ", cancellationToken);
        await JsonSerializer.SerializeAsync(response.Body, value, Json, cancellationToken); // JSON has no line breaks of its own
        await response.WriteAsync("\n\n", cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
