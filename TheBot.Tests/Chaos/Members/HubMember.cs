using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos.Members;

/// <summary>A person on the hub: resumes each room by seq after every connection, and repeats a call that got no answer under the same client id.</summary>
internal sealed partial class HubMember(string name, Someone person, RoughRoad road) : Member(name, person, person.Rooms, road)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(HubConnection Hub, long Room, long RightsSince), bool> _subscribed = new();
    private readonly Channel<SendTrace> _outbox = Channel.CreateUnbounded<SendTrace>();
    private volatile HubConnection? _open;
    private Task _running = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    public override void Start()
    {
        base.Start();
        _running = RunAsync();
        _sending = SendAllAsync();
    }

    public override void Follow(long room, long rightsSince)
    {
        var trace = NewTrace(room, rightsSince, messagesOnly: true);
        if (_open is { } hub) _ = SubscribeAsync(hub, trace);
    }

    public override void Say(long room, string content) => _outbox.Writer.TryWrite(Begin(room, content));

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Road.DisposeAsync();
        await _running;
        await _sending;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            HubConnection? hub = null;
            try
            {
                hub = await ChatGraph.HubWithAsync(Person.Token, new Uri($"http://127.0.0.1:{Road.Port}"), it => Listen(it, over));
                _open = hub;
                foreach (var trace in Following.Values) await SubscribeAsync(hub, trace);
                SetLive(true);
                await over.Task.WaitAsync(_stop.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or OperationCanceledException or HubException
                or System.Net.WebSockets.WebSocketException or TimeoutException)
            {
                // whatever a connection ends by: another one is made
            }

            SetLive(false);
            _open = null;
            if (hub is not null) await hub.DisposeAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(500 + Random.Shared.Next(500)), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Listen(HubConnection hub, TaskCompletionSource over)
    {
        hub.Closed += _ =>
        {
            over.TrySetResult();
            return Task.CompletedTask;
        };
        hub.On<ChatMessage>(nameof(IChatClient.MessageCreated), message =>
        {
            // only of the newest connection: an older one's last words come again with the resume
            if (_open == hub) Hearing(message.Room)?.Add(Message(message.Seq, message.ClientId, message.Content));
        });
        hub.On<long>(nameof(IChatClient.RoomRemoved), room =>
        {
            if (_open == hub && Hearing(room) is { } trace) Removed(trace);
        });
    }

    private async Task SubscribeAsync(HubConnection hub, RoomTrace trace)
    {
        // a stream begun twice would be heard twice
        if (!_subscribed.TryAdd((hub, trace.Room, trace.RightsSince), true)) return;
        try
        {
            await hub.InvokeAsync<SubscribeReply>("Subscribe", trace.Room, (long?)trace.Last, _stop.Token);
        }
        catch (HubException e) when (CodeOf(e) == ErrorCode.AccessDenied)
        {
            Removed(trace); // while they were away
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var send in _outbox.Reader.ReadAllAsync(_stop.Token))
            {
                while (!await TrySendAsync(send)) await Task.Delay(TimeSpan.FromMilliseconds(300), _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return; // the run is over
        }
    }

    private async Task<bool> TrySendAsync(SendTrace send)
    {
        if (_open is not { State: HubConnectionState.Connected } hub) return false;
        try
        {
            var stored = await hub.InvokeAsync<ChatMessage>("SendMessage", send.Room, new SendMessageRequest(send.Content, send.ClientId), _stop.Token);
            Acknowledged(send.ClientId, stored.Seq);
            Settle(send, SendState.Sent);
            return true;
        }
        catch (HubException e) when (CodeOf(e) is { } code)
        {
            if (code is ErrorCode.Save or ErrorCode.RateLimited or ErrorCode.SlowMode) return false;
            Settle(send, SendState.Refused, code);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            return false; // no answer: the next connection asks again
        }
    }

    private static string? CodeOf(HubException e) => Code().Match(e.Message) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>"muted: You are ..."</summary>
    [GeneratedRegex("^([a-z_]+): ")]
    private static partial Regex Code();
}
