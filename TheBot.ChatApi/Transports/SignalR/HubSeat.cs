using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>A hub connection as SignalR's groups know it.</summary>
/// <remarks>What they write to it goes into the connection's own queue, behind the greeting and within bounds, and nobody waits until it is read.</remarks>
/// <param name="connection">Whose seat it is.</param>
/// <param name="connectionId">Its id, by which a sender is left out.</param>
/// <param name="group">Where it sits.</param>
internal sealed class HubSeat(HubLiveConnection connection, string connectionId, string group)
    : HubConnectionContext(new DefaultConnectionContext(connectionId), new HubConnectionContextOptions(), NullLoggerFactory.Instance)
{
    public string Group { get; } = group;

    /// <summary>Does not block.</summary>
    public void Take(SerializedHubMessage message) => connection.Tell(message);

    public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default)
    {
        Take(message);
        return default;
    }

    public override ValueTask WriteAsync(HubMessage message, CancellationToken cancellationToken = default) =>
        WriteAsync(new SerializedHubMessage(message), cancellationToken);
}
