using Microsoft.Extensions.Options;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Messages;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What every raw socket needs of the house.</summary>
internal sealed record SocketServices(
    Feeds Feeds,
    Announcer Announcer,
    Presence Presence,
    MessageWriter Writer,
    RoomLog Log,
    IOptions<DeliveryOptions> Options,
    TimeProvider Time,
    ILogger<SocketServices> Logger);
