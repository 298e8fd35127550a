using Microsoft.AspNetCore.SignalR;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>A hub connection that is asked to go to another replica first gets the answers to its calls; new ones are not begun.</summary>
internal sealed class OwedAnswers : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext call, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (call.Context.Items[ChatHub.ConnectionKey] is not HubLiveConnection connection) return await next(call);
        if (!connection.TryOwe()) throw new HubException($"{ErrorCode.Save}: this replica is about to stop and has not begun this; ask again when you are back");
        try
        {
            return await next(call);
        }
        finally
        {
            connection.Settle();
        }
    }
}
