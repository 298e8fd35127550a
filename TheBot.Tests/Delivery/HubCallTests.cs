using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>Whatever becomes of a call of the hub: it is answered, or asked again elsewhere, and what it asked for is done once.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class HubCallTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    private static readonly (string, string)[] Settings =
    [
        ("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Limits__SocketsPerPerson", "1000"), ("Chat__Delivery__LeaveWithin", "00:00:01"),
        ("Chat__Delivery__GoneWithin", "00:00:20"), // nobody is cut off because the machine is busy
    ];

    [Fact]
    public async Task One_that_fails_by_a_fault_of_the_server_is_answered_without_its_inside_and_the_connection_goes_on()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, student, _) = await school.ClassAsync();
        await using var hub = await ChatGraph.HubWithAsync(student.Token, school.Api.Address);

        await school.School.ExecuteAsync("ALTER TABLE rooms RENAME COLUMN kind TO elsewhere");
        var failed = await Assert.ThrowsAsync<HubException>(() => SubscribeAsync());
        await school.School.ExecuteAsync("ALTER TABLE rooms RENAME COLUMN elsewhere TO kind");

        Assert.Equal($"{ErrorCode.Internal}: something went wrong here", failed.Message);
        var stored = await hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest("да"), Deadline.Token());
        Assert.Equal(stored.Seq, (await SubscribeAsync()).Head);

        Task<SubscribeReply> SubscribeAsync() => hub.InvokeAsync<SubscribeReply>("Subscribe", room, (long?)null, Deadline.Token());
    }

    [Fact]
    public async Task While_one_replica_after_the_other_stops_none_is_lost_or_done_twice_and_nobody_misses_or_hears_twice()
    {
        const int Callers = 12;
        await using var school = await ApiSchool.OpenAsync(postgres, Settings);
        var (room, student, teacher) = await school.ClassAsync();
        await using var second = await school.AnotherAsync(Settings);
        await using var last = await school.AnotherAsync(Settings);
        var serving = new[] { school.Api, second };
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(i => new Caller(i % 2 == 0 ? student : teacher, room, () => serving[i / 2 % 2].Address)).ToList();
        var talking = callers.Select(caller => Task.Run(() => caller.TalkAsync(enough.Token))).ToList();
        try
        {
            for (var i = 0; i < serving.Length; i++)
            {
                var before = callers.ConvertAll(caller => caller.Stored.Count);
                await Deadline.UntilAsync(() => Task.FromResult(callers.Zip(before).Count(c => c.First.Stored.Count >= c.Second + 3)), all => all == Callers, "everybody to be answered");
                var stopping = serving[i];
                serving[i] = last;
                Assert.Equal(0, await stopping.StopAsync());
                Assert.DoesNotContain("are cut off", stopping.Output, StringComparison.Ordinal);
            }
        }
        finally
        {
            await enough.CancelAsync();
        }

        await Task.WhenAll(talking).WaitAsync(Deadline.Token());
        output.WriteLine($"{callers.Sum(c => c.Stored.Count)} answered, {callers.Sum(c => c.Refused.Count)} refused, {callers.Sum(c => c.Unanswered)} without an answer, {callers.Sum(c => c.Connections)} connections");

        var log = await school.School.QueryAsync("SELECT content, seq FROM messages WHERE room_id = $1 ORDER BY seq", row => (row.GetString(0), row.GetInt64(1)), room);
        Assert.Equal(log.Order(), callers.SelectMany(caller => caller.Stored).Order());
        Assert.All(callers, caller => Assert.True(caller.Connections > 1));
        Assert.All(callers.SelectMany(caller => caller.Refused), error => Assert.StartsWith($"{ErrorCode.Save}: ", error, StringComparison.Ordinal));
        foreach (var caller in callers) Assert.Equal(log.Select(message => message.Item2), await caller.HeardUpToAsync(log[^1].Item2));
        foreach (var caller in callers) await caller.DisposeAsync();
    }

    /// <summary>Says one thing after the other, each until it is answered; comes back and resumes wherever there is a replica.</summary>
    private sealed class Caller(Support.Person person, long room, Func<Uri> where) : IAsyncDisposable
    {
        private readonly List<long> _heard = [];
        private HubConnection? _hub;

        /// <summary>What was answered: the text, and the seq that it got.</summary>
        public List<(string Text, long Seq)> Stored { get; } = [];

        public List<string> Refused { get; } = [];

        public int Unanswered { get; private set; }

        public int Connections { get; private set; }

        public async Task TalkAsync(CancellationToken enough)
        {
            while (!enough.IsCancellationRequested)
            {
                var id = Guid.NewGuid().ToString("N");
                while (await TrySayAsync(id) is not { } stored || !Add(id, stored.Seq)) continue;
            }
        }

        /// <summary>Everything heard, once that has come.</summary>
        public async Task<IReadOnlyList<long>> HeardUpToAsync(long seq)
        {
            if (_hub is not { State: HubConnectionState.Connected }) await ComeAsync();
            await Deadline.UntilAsync(() => Task.FromResult(Heard()), heard => heard.Count > 0 && heard[^1] >= seq, $"seq {seq}");
            return Heard();
        }

        public async ValueTask DisposeAsync()
        {
            if (_hub is not null) await _hub.DisposeAsync();
        }

        private bool Add(string text, long seq)
        {
            Stored.Add((text, seq));
            return true;
        }

        private async Task<ChatMessage?> TrySayAsync(string id)
        {
            try
            {
                if (_hub is not { State: HubConnectionState.Connected }) await ComeAsync();
                return await _hub!.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest(id, id), Deadline.Token());
            }
            catch (HubException refusal)
            {
                Refused.Add(refusal.Message);
                await DisposeAsync(); // this replica takes nothing more from this connection
            }
            catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or OperationCanceledException or System.Net.WebSockets.WebSocketException)
            {
                Unanswered++;
            }

            return null;
        }

        private async Task ComeAsync()
        {
            await DisposeAsync(); // the old one's last words are heard before the resume asks for what comes after them
            _hub = await ChatGraph.HubWithAsync(person.Token, where(), hub => hub.On<ChatMessage>(nameof(IChatClient.MessageCreated), message => Hear(message.Seq)));
            Connections++;
            var last = Heard() is [.., var seq] ? seq : 0;
            await _hub.InvokeAsync<SubscribeReply>("Subscribe", room, (long?)last, Deadline.Token());
        }

        private void Hear(long seq)
        {
            lock (_heard) _heard.Add(seq);
        }

        private List<long> Heard()
        {
            lock (_heard) return [.. _heard];
        }
    }
}
