using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Npgsql;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>A hub connection that is asked to go to another replica first gets the answers to its calls; new ones are not begun.</summary>
internal sealed class OwedAnswers(ILogger<OwedAnswers> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext call, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (call.Context.Items[ChatHub.ConnectionKey] is not LiveConnection connection) return await next(call);
        if (!connection.TryOwe()) return new HubAnswer(null, $"{ErrorCode.Save}: this replica is about to stop and has not begun this; ask again when you are back");
        try
        {
            return new HubAnswer(await next(call), null, connection);
        }
        catch (HubException refusal)
        {
            return new HubAnswer(null, refusal.Message, connection);
        }
        catch (OperationCanceledException) when (call.Context.ConnectionAborted.IsCancellationRequested)
        {
            HubLog.CallerLeft(logger, call.HubMethodName); // whom nobody has to answer, and who is no fault of ours
            return new HubAnswer(null, $"{ErrorCode.Unavailable}: the connection has ended", connection);
        }
        catch (NpgsqlException away) when (away.IsTransient)
        {
            HubLog.DatabaseAway(logger, call.HubMethodName, away);
            return new HubAnswer(null, $"{ErrorCode.Unavailable}: the database does not answer; try again", connection);
        }
        catch (Exception fault)
        {
            // in our words, and counted as owed like every other: the framework's answer would come when the close may have overtaken it
            HubLog.CallFailed(logger, call.HubMethodName, fault);
            return new HubAnswer(null, $"{ErrorCode.Internal}: something went wrong here", connection);
        }
    }
}

/// <summary>How a call ended, on its way to the client: what its method returns cannot say when it has been written.</summary>
/// <param name="Result">Of a call that went well.</param>
/// <param name="Error">Of one that was refused; a code of <see cref="ErrorCode"/>, a colon and an explanation.</param>
/// <param name="OwedBy">The connection that counts it among what it owes, or null.</param>
internal sealed record HubAnswer(object? Result, string? Error, LiveConnection? OwedBy = null)
{
    public CompletionMessage To(string invocationId) => Error is null ? CompletionMessage.WithResult(invocationId, Result) : CompletionMessage.WithError(invocationId, Error);
}
