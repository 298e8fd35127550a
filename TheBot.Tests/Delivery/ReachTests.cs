using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using Xunit.Abstractions;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>How long it takes until those who are connected to another replica know of a room more, a room less, or a login that ended.</summary>
[Collection(SharedReplicas.Name)]
public sealed class ReachTests(TwoReplicas replicas, ITestOutputHelper output)
{
    private const int People = 10;
    private const int Rounds = 10;

    private readonly ConcurrentDictionary<string, ConcurrentBag<TimeSpan>> _took = [];

    private ApiSchool School => replicas.School;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task A_room_more_a_room_less_and_a_login_that_ended_reach_the_other_replica_in_time(bool withRedis, int seconds)
    {
        var administrator = await School.PersonAsync(Role.Teacher, isAdministrator: true);
        var people = new List<(Person Guardian, Person Student, long Room)>();
        for (var i = 0; i < People; i++)
        {
            var (room, student, _) = await School.ClassAsync();
            people.Add((await School.PersonAsync(Role.Parent), student, room));
        }

        using var rest = replicas.First.Rest(administrator.Token);
        if (!withRedis) await replicas.Redis.KillAsync();
        try
        {
            // with Redis gone the first round falls into the time in which nobody has noticed yet
            await Task.WhenAll(people.Select(async one =>
            {
                for (var round = 0; round < Rounds; round++) await RoundAsync(rest, one.Guardian, one.Student, one.Room);
            }));
        }
        finally
        {
            if (!withRedis)
            {
                await replicas.Redis.StartAgainAsync();
                await replicas.HealthAsync("Healthy");
            }
        }

        Assert.Equal(8, _took.Count);
        foreach (var (what, times) in _took.OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{what}: worst of {times.Count} {times.Max().TotalMilliseconds:0} ms, median {times.Order().ElementAt(times.Count / 2).TotalMilliseconds:0} ms");
        }

        Assert.All(_took, kind =>
        {
            Assert.Equal(People * Rounds, kind.Value.Count);
            Assert.True(kind.Value.Max() <= TimeSpan.FromSeconds(seconds), $"{kind.Key} took {kind.Value.Max()}");
        });
    }

    private async Task RoundAsync(HttpClient rest, Person guardian, Person student, long room)
    {
        var login = await LogInAsync(guardian);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var revoked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await TwoReplicas.HubAsync(login, replicas.B, hub =>
        {
            hub.On<V1Ready>(nameof(IChatClient.Ready), _ => ready.TrySetResult());
            hub.On<long>(nameof(IChatClient.RoomAdded), _ => added.TrySetResult());
            hub.On<long>(nameof(IChatClient.RoomRemoved), _ => removed.TrySetResult());
            hub.On<int, string>(nameof(IChatClient.Closed), (code, _) => revoked.TrySetResult(code));
        });
        await using var v1 = await School.V1Async(login, at: replicas.B);
        // what happened before that word is in the list of rooms that a client asks for after it
        await ready.Task.WaitAsync(Deadline.Token());

        var relation = $"/api/v1/roster/students/{student.Id}/guardians/{guardian.Id}";
        await MeasureAsync(
            () => rest.PutAsync(relation, null, Deadline.Token()),
            ("room added, v1", async () => await v1.NextAsync(V1Type.RoomAdded, f => (long)f["room"]! == room)),
            ("room added, hub", () => added.Task));

        await hub.InvokeAsync("Subscribe", room, (long?)null, Deadline.Token());
        await v1.SendAsync(new { type = V1Type.Subscribe, room });
        await v1.NextAsync(V1Type.Subscribed);
        await using (var seed = await School.SeedAsync(login, room, replicas.B))
        {
            await MeasureAsync(
                () => rest.DeleteAsync(relation, Deadline.Token()),
                ("removal, v1", async () => await v1.NextAsync(V1Type.Unsubscribed, f => (long)f["room"]! == room)),
                ("removal, hub", () => removed.Task),
                ("removal, seed", async () => Assert.Equal(CloseCode.NoAccess, await seed.CloseCodeAsync())));
        }

        await using var general = await SeedSocket.ConnectAsync(replicas.B, $"/ws/chat/general/?token={login.Token}");
        await general.NextAsync("room_history");
        using var own = replicas.First.Rest(login.Token);
        await MeasureAsync(
            () => own.PostAsync("/api/v1/auth/logout", null, Deadline.Token()),
            ("revocation, v1", async () => Assert.Equal(CloseCode.Revoked, await v1.CloseCodeAsync())),
            ("revocation, hub", async () => Assert.Equal(CloseCode.Revoked, await revoked.Task)),
            ("revocation, seed", async () => Assert.Equal(CloseCode.NotAuthenticated, await general.CloseCodeAsync())));
    }

    /// <summary>From before it is asked for on the one replica until each connection to the other has heard.</summary>
    private async Task MeasureAsync(Func<Task<HttpResponseMessage>> ask, params (string What, Func<Task> Hears)[] connections)
    {
        var asked = Stopwatch.GetTimestamp();
        var hearing = connections.Select(async connection =>
        {
            await connection.Hears().WaitAsync(Deadline.Token());
            _took.GetOrAdd(connection.What, _ => []).Add(Stopwatch.GetElapsedTime(asked));
        }).ToList();
        using var answer = await ask();
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.Created, $"{answer.StatusCode}");
        await Task.WhenAll(hearing);
    }

    /// <summary>One more login of somebody.</summary>
    private async Task<Person> LogInAsync(Person person) => person with { Token = await School.Database.LogInAsync(person.Id) };
}
