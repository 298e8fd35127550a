using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TheBot.AppHost;

/// <summary>Once the chat API is ready: what to paste into a shell to log in, open the socket and say something.</summary>
internal static partial class TryIt
{
    public static IResourceBuilder<ProjectResource> PrintTryIt(this IResourceBuilder<ProjectResource> chatapi)
    {
        chatapi.ApplicationBuilder.Services.AddHostedService(services =>
            new Printer(services.GetRequiredService<ResourceNotificationService>(), chatapi.Resource.Name, chatapi.GetEndpoint("http"), services.GetRequiredService<ILogger<Printer>>()));
        return chatapi;
    }

    internal static string Block(Uri api)
    {
        // A client's frame is masked (RFC 6455, 5.3); with a mask of zeros it can be typed.
        const string Frame = """{"type":"chat_message","content":"Hello from the shell"}""";
        var length = 0x80 | Encoding.UTF8.GetByteCount(Frame);
        return $$"""

            TheBot is ready at {{api}}

            Try it (bash; demo.teacher, demo.tutor, demo.parent and demo.admin have the same password):

            TOKEN=$(curl -s {{api}}api/auth/login/ -H 'Content-Type: application/json' -d '{"username":"demo.student","password":"demo"}' | grep -oE '[0-9a-f]{40}')
            exec 3<>/dev/tcp/{{api.Host}}/{{api.Port}}
            printf 'GET /ws/chat/?token=%s HTTP/1.1\r\nHost: {{api.Authority}}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n' $TOKEN >&3
            printf '\x81\x{{length:x2}}\0\0\0\0{{Frame}}' >&3
            timeout 2 cat <&3 | sed 's/{"type"/\n{"type"/g'; exec 3>&-

            """;
    }

    private sealed partial class Printer(ResourceNotificationService resources, string name, EndpointReference endpoint, ILogger<Printer> logger) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            // an API that does not start is the console's and the dashboard's news, not a reason to end the AppHost
            await resources.WaitForResourceHealthyAsync(name, WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
            Ready(Block(new Uri(endpoint.Url)));
        }

        [LoggerMessage(1, LogLevel.Information, "{Block}")]
        private partial void Ready(string block);
    }
}
