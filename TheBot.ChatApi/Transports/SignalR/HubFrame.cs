using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using TheBot.ChatApi.Delivery;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>A call to the client, serialised once for all connections of a hub protocol.</summary>
internal sealed record HubFrame(SerializedHubMessage Message, int Size, HintKey? Hint) : OutFrame(Size, Hint)
{
    /// <param name="method">A method of <see cref="Contracts.IChatClient"/>.</param>
    /// <param name="size">About how many bytes the arguments take.</param>
    /// <param name="arguments">Its arguments.</param>
    public static HubFrame Call(string method, int size, params object[] arguments) =>
        new(new SerializedHubMessage(new InvocationMessage(method, arguments)), size, Hint: null);
}

/// <summary>The end of a connection, in its place behind the frames before it.</summary>
internal sealed record HubClose(int Code, string Reason) : OutFrame(0, null);
