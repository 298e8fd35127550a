using System.Diagnostics;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Xunit.Abstractions;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>Redis is a bell: whatever becomes of it everything arrives, people come in and are answered; and afterwards it is fast again by itself.</summary>
[Collection(SharedReplicas.Name)]
public sealed class RedisAwayTests(TwoReplicas replicas, ITestOutputHelper output)
{
    /// <summary>Within which a message reaches the other replica, whatever Redis does.</summary>
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromSeconds(2);

    /// <summary>Far beyond what a call takes, and far below what a call that waits for Redis would (its client gives up after 5 s).</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(4);

    private ApiSchool School => replicas.School;

    private ScratchRedis Redis => replicas.Redis;

    [Fact]
    public Task Nothing_is_lost_when_it_is_killed() => BreakAsync(isAway: true, Redis.KillAsync, Redis.StartAgainAsync);

    [Fact]
    public Task Nothing_is_lost_when_it_stops_answering() => BreakAsync(isAway: true, Now(Redis.Stop), Now(Redis.Continue));

    [Fact]
    public Task Nothing_is_lost_when_it_is_a_black_hole() => BreakAsync(
        isAway: true, Now(() => Redis.IsBlackHole = true), Now(() => Redis.IsBlackHole = false));

    [Fact]
    public Task Nothing_is_lost_when_it_restarts() => BreakAsync(
        isAway: false,
        async () =>
        {
            await Redis.KillAsync();
            await Redis.StartAgainAsync();
        },
        () => Task.CompletedTask);

    [Fact]
    public Task Nothing_is_lost_when_it_is_flushed_and_throws_its_subscribers_out() => BreakAsync(
        isAway: false,
        async () =>
        {
            await Redis.DoAsync("FLUSHALL");
            await Redis.DoAsync("CLIENT KILL TYPE pubsub");
        },
        () => Task.CompletedTask);

    private static Func<Task> Now(Action act) => () =>
    {
        act();
        return Task.CompletedTask;
    };

    private async Task BreakAsync(bool isAway, Func<Task> breakIt, Func<Task> mendIt)
    {
        var (room, student, teacher) = await School.ClassAsync();
        await using var talk = await Talk.StartAsync(School, room, student, teacher, TimeSpan.FromMilliseconds(40), length: 80, replicas.A);
        // nobody talks on B: what was said there would make it read what it missed of A
        await talk.ListenAsync(teacher, replicas.B);
        await talk.UntilSaidAsync(10);

        var broken = Stopwatch.GetTimestamp();
        await breakIt();
        try
        {
            if (isAway) await replicas.HealthAsync("Degraded");
            foreach (var replica in new[] { replicas.A, replicas.B }) await ComeInAsync(talk, room, student, teacher, replica);
            await talk.UntilSaidAsync(50);
        }
        finally
        {
            await mendIt();
        }

        await replicas.HealthAsync("Healthy");
        var mended = Stopwatch.GetTimestamp();
        await talk.UntilSaidAsync(50);
        await talk.EndAsync();

        var (worst, after) = (talk.Took(broken)[^1], talk.Took(mended));
        output.WriteLine($"{talk.Said} messages; worst since it broke {worst:0} ms; afterwards the median is {after[after.Count / 2]:0} ms");
        Assert.True(worst <= ArrivesWithin.TotalMilliseconds, $"the slowest took {worst:0} ms");
        // a sweep that makes up for the bell would take a quarter of a second on average
        Assert.True(after[after.Count / 2] <= 150, $"the median is still {after[after.Count / 2]:0} ms");
    }

    /// <summary>New connections of every kind are let in and answered, and hear the rest.</summary>
    private static async Task ComeInAsync(Talk talk, long room, Person student, Person teacher, Uri replica)
    {
        await talk.ListenBySeedAsync(teacher, replica).WaitAsync(AnswersWithin);
        await talk.ListenAsync(student, replica).WaitAsync(AnswersWithin);
        var hub = await talk.ListenByHubAsync(teacher, replica).WaitAsync(AnswersWithin);
        await using var other = await TwoReplicas.HubAsync(student, replica).WaitAsync(AnswersWithin);
        var stored = await other.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest($"{Stopwatch.GetTimestamp()} {Guid.NewGuid()}")).WaitAsync(AnswersWithin);
        await hub.InvokeAsync("React", room, stored.Id, "👍", true).WaitAsync(AnswersWithin);
        Assert.Equal(stored.Seq, await hub.InvokeAsync<long>("MarkRead", room, stored.Seq).WaitAsync(AnswersWithin));
        await hub.InvokeAsync("Typing", room, true).WaitAsync(AnswersWithin);
        // a hint for the person's other devices, some of which only Redis reaches: left out there, but answered
        await hub.InvokeAsync("Draft", room, "черновик").WaitAsync(AnswersWithin);
    }
}
