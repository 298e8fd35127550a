using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TheBot.Contracts;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos.Members;

/// <summary>A person with a client of the seed's dialect: one room, messages alone; it resumes by seq and repeats what has no answer.</summary>
internal sealed class SeedMember(string name, Someone person, long room, Road road) : Member(name, person, [room], road)
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _sending = new(1);
    private ClientWebSocket? _open;
    private Task _running = Task.CompletedTask;

    public override void Follow(long room, long rightsSince) => _running = RunAsync(NewTrace(room, rightsSince, messagesOnly: true));

    public override void Say(long room, string content) => _ = SendAsync(Begin(room, content));

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Road.DisposeAsync();
        await _running;
        _stop.Dispose();
        _sending.Dispose();
    }

    private async Task RunAsync(RoomTrace trace)
    {
        while (!_stop.IsCancellationRequested)
        {
            using var socket = new ClientWebSocket();
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                patience.CancelAfter(ConnectWithin);
                await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Road.Port}/ws/chat/{trace.Room}/?token={Person.Token}&since={trace.Last}"), patience.Token);
                _open = socket;
                SetLive(true);
                foreach (var send in InFlight.OrderBy(send => send.ClientId, StringComparer.Ordinal)) _ = SendAsync(send);
                await ReadAsync(socket, trace);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
            {
                // cut off, or nobody there
            }

            _open = null;
            SetLive(false);
            if ((int?)socket.CloseStatus == CloseCode.NoAccess)
            {
                Removed(trace);
                return;
            }

            // half a second, and as much again by chance, as the seed's clients do after a first failure
            await Task.Delay(TimeSpan.FromMilliseconds(500 + Random.Shared.Next(500)), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(ClientWebSocket socket, RoomTrace trace)
    {
        var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), _stop.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                if (socket.State == WebSocketState.CloseReceived) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _stop.Token);
                return;
            }

            message.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage) continue;
            Take(JsonNode.Parse(message.ToArray())!.AsObject(), trace);
            message.SetLength(0);
        }
    }

    private void Take(JsonObject frame, RoomTrace trace)
    {
        switch ((string?)frame["type"])
        {
            case "chat_message":
                var message = frame["message"]!;
                trace.Add(Message((long)message["seq"]!, (string?)message["client_id"], (string)message["content"]!));
                break;
            case "message_sent":
                var sent = frame["message"]!;
                if ((string?)sent["client_id"] is not { } id) break;
                Acknowledged(id, (long)sent["seq"]!);
                if (Find(id) is { } mine) Settle(mine, SendState.Sent);
                break;
            case "error" when (string?)frame["client_id"] is { } refusedId && Find(refusedId) is { } refused:
                var code = (string)frame["code"]!;
                if (code == ErrorCode.Save || frame["retry_after"] is not null) _ = SendLaterAsync(refused, TimeSpan.FromSeconds((double?)frame["retry_after"] ?? 1));
                else Settle(refused, SendState.Refused, code);
                break;
        }
    }

    private async Task SendLaterAsync(SendTrace send, TimeSpan wait)
    {
        await Task.Delay(wait, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SendAsync(send);
    }

    /// <summary>Once, if there is a connection; the next connection sends it again if it has no answer by then.</summary>
    private async Task SendAsync(SendTrace send)
    {
        if (_open is not { } socket) return;
        var frame = JsonSerializer.Serialize(new { type = "chat_message", content = send.Content, client_id = send.ClientId });
        await _sending.WaitAsync();
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // gone meanwhile
        }
        finally
        {
            _sending.Release();
        }
    }
}
