using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Tests.Messages;

namespace TheBot.Tests.Delivery;

/// <summary>A replica that is asked to stop: not ready, everybody told when to come back, closed with 1012, everything taken in answered, gone.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class DrainTests(ScratchPostgres postgres)
{
    /// <summary>Nobody is cut off because the machine is busy.</summary>
    private static readonly (string, string) Patient = ("Chat__Delivery__GoneWithin", "00:00:20");

    [Fact]
    public async Task Everybody_is_told_when_to_come_back_and_closed_with_1012()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, Patient, ("Chat__Limits__SocketsPerPerson", "1000"));
        var (room, student, teacher) = await school.ClassAsync();
        await using var seed = await school.SeedAsync(student, room);
        var sockets = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => school.V1Async(teacher)));
        var farewell = new TaskCompletionSource<(int Code, string Reason)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await ChatGraph.HubWithAsync(teacher.Token, school.Api.Address, it =>
            it.On<int, string>(nameof(IChatClient.Closed), (code, reason) => farewell.TrySetResult((code, reason))));

        await using var silent = await SeedSocket.ConnectAsync(school.Api.Address, V1Protocol.Path, subprotocol: V1Protocol.Subprotocol);

        Assert.Equal(0, await school.Api.StopAsync());

        Assert.Equal(CloseCode.Restart, await silent.CloseCodeAsync()); // who has not said yet who they are is not waited for
        var told = await Task.WhenAll(sockets.Select(v1 => v1.NextAsync(V1Type.GoingAway)));
        var waits = told.Select(frame => (double)frame["data"]!["retry_after"]!).ToList();
        Assert.All(waits, wait => Assert.InRange(wait, 0, 1));
        Assert.All(sockets, v1 => Assert.True(v1.Seen.Count(frame => (string)frame["type"]! == V1Type.GoingAway) == 1));
        foreach (var v1 in sockets) Assert.Equal(CloseCode.Restart, await v1.CloseCodeAsync());

        // not all at one moment, and not all back at one moment
        var moments = told.Select(frame => (DateTimeOffset)frame["ts"]!).Order().ToList();
        Assert.InRange(moments[^1] - moments[0], TimeSpan.FromSeconds(2), TimeSpan.MaxValue);
        Assert.InRange(waits.Distinct().Count(), 3, int.MaxValue);
        Assert.Equal(CloseCode.Restart, await seed.CloseCodeAsync());
        var (code, reason) = await farewell.Task.WaitAsync(Deadline.Token());
        Assert.Equal(CloseCode.Restart, code);
        Assert.Contains("come back after", reason, StringComparison.Ordinal);
        foreach (var v1 in sockets) await v1.DisposeAsync();
    }

    [Fact]
    public async Task What_was_taken_in_is_answered_and_nobody_new_comes_in_meanwhile()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, Patient);
        var (room, student, teacher) = await school.ClassAsync();
        await using var v1 = await school.V1Async(student);
        using var rest = school.Api.Rest(teacher.Token);
        await using var hold = await HeldRoom.TakeAsync(school.Database, room);

        await SayAsync(v1, room, "taken");
        var posted = rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "по-старому", client_id = "rest" }, Deadline.Token());
        await v1.SendAsync(new { type = V1Type.Ping, id = "read" });
        await v1.NextAsync(V1Type.Pong); // so the send before it has been read
        await hold.WantedAsync();

        var stopping = school.Api.StopAsync();
        await v1.NextAsync(V1Type.GoingAway);
        await SayAsync(v1, room, "late");
        await v1.SendAsync(new { type = V1Type.Ping, id = "late" });
        using var health = await rest.GetAsync("/health", Deadline.Token());
        var body = (await health.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!;
        using var knock = new HttpRequestMessage(HttpMethod.Get, V1Protocol.Path);
        knock.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        knock.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        knock.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        knock.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        using var refused = await rest.SendAsync(knock, Deadline.Token());
        await hold.ReleaseAsync();
        var order = new List<string>();
        while (await v1.FirstAsync() is { } frame) order.Add((string)frame["type"]!);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal("Unhealthy", (string)body["checks"]!["serving"]!);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal([V1Type.Ack], order);
        Assert.Equal(CloseCode.Restart, await v1.CloseCodeAsync());
        using var answer = await posted;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(0, await stopping);
        Assert.Equal(["rest", "taken"], await school.School.QueryAsync("SELECT client_id FROM messages WHERE room_id = $1 ORDER BY client_id", row => row.GetString(0), room));
    }

    [Fact]
    public async Task A_hub_call_that_was_begun_is_answered_before_the_connection_closes()
    {
        const int Hubs = 30;
        await using var school = await ApiSchool.OpenAsync(
            postgres, Patient, ("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Limits__SocketsPerPerson", "1000"), ("Chat__Delivery__LeaveWithin", "00:00:01"));
        var (room, student, _) = await school.ClassAsync();
        var hubs = await Task.WhenAll(Enumerable.Range(0, Hubs).Select(_ => ChatGraph.HubWithAsync(student.Token, school.Api.Address)));
        var (answered, refused) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());

        // each has the next call on its way while one is under way, so that every one of them is struck in the middle of something
        var calling = hubs.SelectMany(hub => new[] { hub, hub }).Select(hub => Task.Run(async () =>
        {
            while (hub.State == HubConnectionState.Connected)
            {
                var id = Guid.NewGuid().ToString("N");
                try
                {
                    await hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest("текст", id), Deadline.Token());
                    answered.Add(id);
                }
                catch (HubException e)
                {
                    refused.Add(e.Message);
                }
                catch (Exception e) when (e is InvalidOperationException or IOException or OperationCanceledException or System.Net.WebSockets.WebSocketException)
                {
                    return; // closed without an answer: it must not have been begun
                }
            }
        })).ToList();
        await Deadline.UntilAsync(() => Task.FromResult(answered.Count), count => count > Hubs * 4, "everybody talks");

        Assert.Equal(0, await school.Api.StopAsync());
        await Task.WhenAll(calling).WaitAsync(Deadline.Token());
        foreach (var hub in hubs) await hub.DisposeAsync();

        Assert.All(refused, error => Assert.StartsWith($"{ErrorCode.Save}: ", error, StringComparison.Ordinal));
        Assert.DoesNotContain("are cut off", school.Api.Output, StringComparison.Ordinal);
        Assert.Equal(
            answered.Order(StringComparer.Ordinal),
            (await school.School.QueryAsync("SELECT client_id FROM messages WHERE room_id = $1", row => row.GetString(0), room)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_ends_in_order_while_Redis_answers_nothing()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, Patient);
        var (_, student, _) = await school.ClassAsync();
        await using var hub = await ChatGraph.HubWithAsync(student.Token, school.Api.Address);
        using var rest = school.Api.Rest(student.Token);
        await Deadline.UntilAsync(() => rest.GetStringAsync("/health", Deadline.Token()), health => !health.Contains("Degraded", StringComparison.Ordinal), "Redis to be heard");
        school.Redis.Stop();
        try
        {
            Assert.True(await school.Api.StopAsync() == 0, school.Api.Output);
        }
        finally
        {
            school.Redis.Continue();
        }
    }

    private static Task SayAsync(SeedSocket v1, long room, string clientId) =>
        v1.SendAsync(new { type = V1Type.Send, id = clientId, room, data = new { client_id = clientId, content = "текст" } });
}
