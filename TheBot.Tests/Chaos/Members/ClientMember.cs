using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos.Members;

/// <summary>A person with the C# client: all their rooms on one socket.</summary>
internal sealed class ClientMember : Member
{
    private readonly ChatClient _client;
    private readonly CancellationTokenSource _stop = new();

    public ClientMember(string name, Someone person, Road road) : base(name, person, person.Rooms, road)
    {
        Tap = new WireTap(road, Acknowledged);
        _client = new ChatClient(new ChatClientOptions { Transport = Tap, Token = _ => ValueTask.FromResult(person.Token), ConnectWithin = TimeSpan.FromSeconds(5) });
        _client.StateChanged += state => SetLive(state == ChatState.Live);
    }

    public WireTap Tap { get; }

    public override void Start()
    {
        base.Start();
        _ = _client.ConnectAsync();
    }

    public override void Say(long room, string content)
    {
        var send = Begin(room, content);
        _ = SettleAsync(send, _client.Send(room, content, clientId: send.ClientId));
    }

    public override void Follow(long room, long rightsSince) => _ = FollowAsync(NewTrace(room, rightsSince, messagesOnly: false));

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _client.DisposeAsync();
        await Road.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Reads a room from its beginning until its log is so long: what somebody sees who opens it now.</summary>
    public static async Task<RoomTrace> ReadAfreshAsync(ChatClient client, Someone person, long room, long head)
    {
        var trace = new RoomTrace($"{person.Name} (fresh)", person.Id, room, After: 0) { RightsSince = head };
        if (head == 0) return trace;
        try
        {
            await foreach (var next in client.FollowAsync(room, since: 0, Deadline.Token()))
            {
                trace.Add(HeardOf(next));
                if (next.Seq >= head) break;
            }
        }
        catch (OperationCanceledException)
        {
            return trace; // it ends too early: a stale read, as the checker will say
        }

        return trace;
    }

    private async Task SettleAsync(SendTrace send, OutgoingMessage message)
    {
        try
        {
            await message.Stored;
            Settle(send, SendState.Sent);
        }
        catch (ChatException e) when (e.Code == ChatException.ClientEnded)
        {
            return; // the run is over; what is unsettled stays so
        }
        catch (ChatException e)
        {
            Settle(send, SendState.Refused, e.Code);
        }
    }

    private async Task FollowAsync(RoomTrace trace)
    {
        try
        {
            await foreach (var next in _client.FollowAsync(trace.Room, since: 0, _stop.Token)) trace.Add(HeardOf(next));
            Removed(trace);
        }
        catch (ChatException e) when (e.Code == ErrorCode.AccessDenied)
        {
            Removed(trace); // while they were away
        }
        catch (Exception e) when (e is OperationCanceledException || (e is ChatException { Code: ChatException.ClientEnded }))
        {
            return; // the run is over
        }
    }

    private static Heard HeardOf(RoomEvent next) => next switch
    {
        MessageCreated created => Message(created.Seq, created.Message.ClientId, created.Message.Content),
        MemberAdded => new Heard(next.Seq, RoomEventKind.MemberAdded),
        MemberRemoved => new Heard(next.Seq, RoomEventKind.MemberRemoved),
        RoomUpdated => new Heard(next.Seq, RoomEventKind.RoomUpdated),
        OtherEvent { Type: V1Type.MemberMuted } => new Heard(next.Seq, RoomEventKind.MemberMuted),
        _ => throw new InvalidOperationException($"nobody did that: {next}"),
    };
}
