using Microsoft.Extensions.Options;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.ChatApi.Transports;

/// <summary>What a client is told to keep to: by v1's <c>ready</c>, by the hub's <c>Ready</c>, by <c>GET /api/v1/limits</c>.</summary>
internal sealed class ToldLimits(PersonLimits people, IOptions<V1Options> options)
{
    public V1Limits Limits { get; } = new(
        ChatLimits.ContentMaxLength,
        ChatLimits.FrameMaxBytes,
        options.Value.RoomsMax,
        ChatLimits.HistoryOnConnect,
        options.Value.HeartbeatEvery.TotalSeconds,
        people.Options.MessagesPerSecond,
        people.Options.MessagesBurst,
        people.Options.SocketsPerPerson);

    public static void Map(IEndpointRouteBuilder app) => app
        .MapGet("/api/v1/limits", (ToldLimits told) => TypedResults.Ok(told.Limits))
        .AllowAnonymous()
        .WithTags("limits")
        .WithSummary("What a client has to keep to; sockets are told the same on connect.");
}
