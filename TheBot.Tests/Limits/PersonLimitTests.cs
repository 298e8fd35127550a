using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.ChatApi.Limits;
using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Limits;

/// <summary>What one person may ask, over all doors, and that nobody else is any the worse for it.</summary>
[Collection(ScratchPostgresTests.Name)]
public class PersonLimitTests(LimitedSchool limited) : IClassFixture<LimitedSchool>
{
    private static readonly LimitOptions Defaults = new();

    private ApiSchool School => limited.It;

    [Fact]
    public async Task A_flood_is_refused_with_a_time_and_nothing_accepted_is_lost_and_others_go_on()
    {
        const int Flood = 400;
        var (room, student, teacher) = await School.ClassAsync();
        await using var flooding = await School.V1Async(student);
        await using var calm = await School.V1Async(teacher);
        await calm.SendAsync(new { type = "subscribe", id = "s", room });
        await calm.NextAsync(V1Type.Subscribed);

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Flood; i++) await flooding.SendAsync(V1(room, $"flood{i}"));
        for (var i = 0; i < 20; i++) await calm.SendAsync(V1(room, $"calm{i}"));
        await calm.NextAsync(V1Type.Ack, f => (string)f["id"]! == "calm19");
        await flooding.SendAsync(new { type = "ping", id = "end" });
        await flooding.NextAsync(V1Type.Pong);
        await Deadline.UntilAsync(() => Task.FromResult(Answers(flooding).Count), count => count == Flood, "an answer to every message");
        var most = Defaults.MessagesBurst + (Defaults.MessagesPerSecond * watch.Elapsed.TotalSeconds) + 1;

        var acked = Answers(flooding).Where(f => (string)f["type"]! == V1Type.Ack).Select(f => (string)f["id"]!).ToList();
        Assert.InRange(acked.Count, Defaults.MessagesBurst, most);
        Assert.All(Answers(flooding).Where(IsError), refusal =>
        {
            Assert.Equal(ErrorCode.RateLimited, (string)refusal["data"]!["code"]!);
            Assert.InRange((double)refusal["data"]!["retry_after"]!, 0.001, 1);
        });
        Assert.DoesNotContain(calm.Seen, IsError);
        Assert.Equal(
            acked,
            await School.School.QueryAsync("SELECT client_id FROM messages WHERE room_id = $1 AND sender_id = $2 ORDER BY seq", row => row.GetString(0), room, student.Id));
        await Deadline.UntilAsync(() => Task.FromResult(Told(calm, student)), told => told.Count == acked.Count, "everything accepted to reach the others");
        Assert.Equal(acked, Told(calm, student));
    }

    [Fact]
    public async Task All_doors_together_take_no_more_than_one_would()
    {
        var (room, student, _) = await School.ClassAsync();
        await using var v1 = await School.V1Async(student);
        await using var seed = await School.SeedAsync(student, room);
        await using var hub = await ChatGraph.HubWithAsync(student.Token, School.Api.Address);
        using var rest = School.Api.Rest(student.Token);
        var watch = Stopwatch.StartNew();
        var (accepted, problem, hubError) = (0, default(HttpResponseMessage), default(string));
        var first = (await SayAsync(rest, room)).Content;
        var message = (long)(await first.ReadFromJsonAsync<JsonObject>())!["id"]!;
        accepted++;

        // every door in turn until each has refused once
        for (var i = 0; problem is null || hubError is null || !v1.Seen.Any(IsError) || !seed.Seen.Any(IsError); i++)
        {
            await v1.SendAsync(V1(room, $"v1.{i}"));
            await seed.SendAsync(Seed($"seed.{i}"));
            if (await SayAsync(rest, room) is { IsSuccessStatusCode: false } refused) problem = refused;
            else accepted++;
            using var edit = await rest.PatchAsJsonAsync($"/api/v1/rooms/{room}/messages/{message}", new { content = $"edit {i}" }, Deadline.Token());
            if (edit.IsSuccessStatusCode) accepted++;
            else Assert.Equal(HttpStatusCode.TooManyRequests, edit.StatusCode);
            try
            {
                await hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest($"hub.{i}"), Deadline.Token());
                accepted++;
            }
            catch (HubException e)
            {
                hubError = e.Message;
            }

            Assert.True(watch.Elapsed < Deadline.Patience, "some door never refuses");
        }

        await v1.SendAsync(new { type = "ping" });
        await v1.NextAsync(V1Type.Pong);
        accepted += v1.Seen.Count(f => (string)f["type"]! == V1Type.Ack) + seed.Seen.Count(f => (string)f["type"]! == "message_sent");
        Assert.InRange(accepted, Defaults.MessagesBurst - 5, Defaults.MessagesBurst + (Defaults.MessagesPerSecond * watch.Elapsed.TotalSeconds) + 1);
        Assert.Contains($"{ErrorCode.RateLimited}: ", hubError, StringComparison.Ordinal);
        Assert.Contains("try again after", hubError, StringComparison.Ordinal);
        var old = seed.Seen.First(IsError);
        Assert.Equal(ErrorCode.RateLimited, (string)old["code"]!);
        Assert.True((double)old["retry_after"]! > 0);
        Assert.Equal(HttpStatusCode.TooManyRequests, problem!.StatusCode);
        Assert.Equal("application/problem+json", problem.Content.Headers.ContentType!.MediaType);
        Assert.Equal(TimeSpan.FromSeconds(1), problem.Headers.RetryAfter!.Delta);
        var body = (await problem.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal(ErrorCode.RateLimited, (string)body["code"]!);
        Assert.True((double)body["retry_after"]! > 0);
    }

    [Fact]
    public async Task Drafts_are_as_many_as_messages_in_a_count_of_their_own()
    {
        var (room, student, _) = await School.ClassAsync();
        await using var hub = await ChatGraph.HubWithAsync(student.Token, School.Api.Address);
        var watch = Stopwatch.StartNew();
        var (taken, refusal) = (0, default(HubException));
        while (refusal is null && watch.Elapsed < Deadline.Patience)
        {
            try
            {
                await hub.InvokeAsync("Draft", room, $"{taken}", Deadline.Token());
                taken++;
            }
            catch (HubException e)
            {
                refusal = e;
            }
        }

        Assert.InRange(taken, Defaults.MessagesBurst, Defaults.MessagesBurst + (Defaults.MessagesPerSecond * watch.Elapsed.TotalSeconds) + 1);
        Assert.StartsWith($"{ErrorCode.RateLimited}: At most {Defaults.MessagesPerSecond} drafts a second; try again after ", refusal!.Message, StringComparison.Ordinal);
        // every message is left, far more than come back while these are sent
        for (var i = 0; i < Defaults.MessagesBurst; i++) await hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest($"{i}"), Deadline.Token());
    }

    [Fact]
    public async Task A_client_that_keeps_to_the_times_it_is_told_loses_nothing_and_keeps_its_order()
    {
        var (room, student, _) = await School.ClassAsync();
        await using var client = new ChatClient(new ChatClientOptions
        {
            Transport = new WebSocketTransport(new UriBuilder(new Uri(School.Api.Address, "/ws")) { Scheme = "ws" }.Uri),
            Token = _ => ValueTask.FromResult(student.Token),
        });
        var ready = await client.ConnectAsync(Deadline.Token());

        var texts = Enumerable.Range(0, Defaults.MessagesBurst + 15).Select(i => $"{i}").ToList();
        await Task.WhenAll(texts.Select(text => client.SendAsync(room, text, cancellationToken: Deadline.Token())));

        Assert.Equal(
            (Defaults.MessagesPerSecond, Defaults.MessagesBurst, Defaults.SocketsPerPerson),
            (ready.Limits.MessagesPerSecond, ready.Limits.MessagesBurst, ready.Limits.SocketsPerPerson));
        Assert.Equal(texts, await School.School.QueryAsync("SELECT content FROM messages WHERE room_id = $1 ORDER BY seq", row => row.GetString(0), room));
    }

    [Fact]
    public async Task The_eleventh_socket_of_a_person_is_refused_until_one_closes_and_others_come_in()
    {
        var (room, student, teacher) = await School.ClassAsync();
        var open = new List<IAsyncDisposable>();
        for (var i = 0; i < 4; i++) open.Add(await School.V1Async(student));
        for (var i = 0; i < 3; i++) open.Add(await School.SeedAsync(student, room));
        for (var i = 0; i < 3; i++) open.Add(await ChatGraph.HubWithAsync(student.Token, School.Api.Address));
        await Deadline.UntilAsync(() => School.OpensAsync(student), code => code == CloseCode.RateLimited, "a refusal of the eleventh");

        await using (var old = await SeedSocket.ConnectAsync(School.Api.Address, $"/ws/chat/{room}/?token={student.Token}"))
        {
            Assert.Equal(CloseCode.RateLimited, await old.CloseCodeAsync());
            Assert.Empty(old.Seen);
        }

        var closed = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var hub = await ChatGraph.HubWithAsync(student.Token, School.Api.Address, h => h.On<int, string>("Closed", (code, _) => closed.TrySetResult(code))))
        {
            Assert.Equal(CloseCode.RateLimited, await closed.Task.WaitAsync(Deadline.Patience));
        }

        Assert.Null(await School.OpensAsync(teacher));
        foreach (var kind in new[] { 9, 5, 0 })
        {
            await open[kind].DisposeAsync();
            open.RemoveAt(kind);
            await Deadline.UntilAsync(() => School.OpensAsync(student), code => code is null, "room for one more");
            open.Add(await Deadline.UntilAsync(() => School.TryV1Async(student), socket => socket is not null, "its place") ?? throw new InvalidOperationException());
        }

        foreach (var socket in open) await socket.DisposeAsync();
    }

    [Fact]
    public void Taking_a_token_allocates_nothing_and_a_full_bucket_is_forgotten()
    {
        var buckets = new TokenBuckets<long>(burst: 100_000, refills: 100_000, TimeSpan.FromSeconds(1), forgottenAfter: TimeSpan.Zero);
        Assert.True(buckets.TryTake(1, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) buckets.TryTake(1, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        var waited = Stopwatch.StartNew();
        while (buckets.Count > 0 && waited.Elapsed < Deadline.Patience) buckets.ForgetIdle();
        Assert.Equal(0, buckets.Count);

        var slow = new TokenBuckets<long>(burst: 2, refills: 1, TimeSpan.FromHours(1), forgottenAfter: TimeSpan.Zero);
        Assert.True(slow.TryTake(1, out _));
        Assert.True(slow.HasAny(1, out _));
        Assert.True(slow.TryTake(1, out _));
        Assert.False(slow.HasAny(1, out var wait));
        Assert.False(slow.TryTake(1, out var same));
        Assert.True(slow.TryTake(2, out _));
        slow.ForgetIdle();
        Assert.False(slow.TryTake(1, out _));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), (wait, same));
    }

    private static object Seed(string text) => new { type = "chat_message", content = text };

    private static object V1(long room, string id) => new { type = "send", id, room, data = new { client_id = id, content = id } };

    private static bool IsError(JsonObject frame) => (string)frame["type"]! == "error";

    private static List<JsonObject> Answers(SeedSocket socket) => [.. socket.Seen.Where(f => (string)f["type"]! == V1Type.Ack || IsError(f))];

    /// <summary>Client ids of what a socket has heard of somebody, in order.</summary>
    private static List<string> Told(SeedSocket socket, Person of) =>
    [
        .. from frame in socket.Seen
           where (string)frame["type"]! == V1Type.MessageCreated && (long)frame["data"]!["message"]!["sender"]!["id"]! == of.Id
           select (string)frame["data"]!["message"]!["client_id"]!,
    ];

    private static Task<HttpResponseMessage> SayAsync(HttpClient rest, long room) =>
        rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "rest" }, Deadline.Token());
}
