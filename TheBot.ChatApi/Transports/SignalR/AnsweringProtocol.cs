using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>SignalR's JSON, and the one place that knows when the answer to a call has been written (<see cref="HubAnswer"/>).</summary>
/// <remarks>
/// A method's return, and every filter around it, comes before that: a close behind it may overtake the answer. Here the connection's write lock is held, so
/// that whatever is written because an answer is settled comes after it.
/// </remarks>
internal sealed class AnsweringProtocol(JsonHubProtocol json) : IHubProtocol
{
    /// <summary>The id of calls that want no answer, so that their end is heard of too. No client knows it.</summary>
    private static readonly string Unasked = Guid.NewGuid().ToString();

    public string Name => json.Name;

    public int Version => json.Version;

    public TransferFormat TransferFormat => json.TransferFormat;

    public bool IsVersionSupported(int version) => json.IsVersionSupported(version);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        if (!json.TryParseMessage(ref input, binder, out message)) return false;
        if (message is InvocationMessage call && string.IsNullOrEmpty(call.InvocationId))
        {
            message = new InvocationMessage(Unasked, call.Target, call.Arguments, call.StreamIds) { Headers = call.Headers };
        }

        return true;
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is not CompletionMessage { InvocationId: { } id } completion)
        {
            json.WriteMessage(message, output);
            return;
        }

        var answer = completion.Result as HubAnswer;
        if (id != Unasked) json.WriteMessage(answer?.To(id) ?? completion, output);
        answer?.OwedBy?.Settle();
    }

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => json.GetMessageBytes(message);
}
