using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Chaos.Soak;

/// <summary>People who come and go while others stay.</summary>
internal static class Churn
{
    private static readonly TimeSpan BetweenCuts = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BetweenVisits = TimeSpan.FromMilliseconds(100);

    /// <summary>One connection after the other breaks, and its client comes back.</summary>
    public static async Task CutAsync(ChaosRun run, CancellationToken enough)
    {
        var random = new Random(2);
        while (!enough.IsCancellationRequested)
        {
            run.Members[random.Next(run.Members.Count)].Road.Cut();
            await Task.Delay(BetweenCuts, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Somebody comes in by one door after the other, looks into a room, types, and goes.</summary>
    public static async Task VisitAsync(ChaosRun run, CancellationToken enough)
    {
        for (var visit = 0; !enough.IsCancellationRequested; visit++)
        {
            var room = run.School.Rooms[visit % run.School.Rooms.Count];
            var (person, replica) = (room.Guardians[visit % room.Guardians.Count], run.NextReplica());
            await ((visit % 3) switch
            {
                0 => VisitByClientAsync(person, room.Id, replica),
                1 => VisitBySeedAsync(person, room.Id, replica),
                _ => VisitByHubAsync(person, room.Id, replica),
            });
            await Task.Delay(BetweenVisits, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task VisitByClientAsync(Someone person, long room, Uri replica)
    {
        var address = new UriBuilder(new Uri(replica, V1Protocol.Path)) { Scheme = "ws" }.Uri;
        await using var client = new ChatClient(new ChatClientOptions { Transport = new WebSocketTransport(address), Token = _ => ValueTask.FromResult(person.Token) });
        await client.ConnectAsync(Deadline.Token());
        await using var events = client.FollowAsync(room, cancellationToken: Deadline.Token()).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        client.SendTyping(room);
    }

    private static async Task VisitBySeedAsync(Someone person, long room, Uri replica)
    {
        await using var socket = await SeedSocket.ConnectAsync(replica, $"/ws/chat/{room}/?token={person.Token}");
        await socket.NextAsync("room_history");
        await socket.SendAsync(new { type = "typing" });
    }

    private static async Task VisitByHubAsync(Someone person, long room, Uri replica)
    {
        await using var hub = await ChatGraph.HubWithAsync(person.Token, replica);
        await hub.InvokeAsync<SubscribeReply>("Subscribe", room, (long?)null, Deadline.Token());
        await hub.SendAsync("Typing", room, true, Deadline.Token());
    }
}
