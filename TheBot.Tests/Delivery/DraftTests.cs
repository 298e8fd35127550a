using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>What a person has begun to write shows on their other devices.</summary>
[Collection(SharedReplicas.Name)]
public sealed class DraftTests(TwoReplicas replicas)
{
    [Fact]
    public async Task A_draft_shows_on_the_persons_other_devices_on_every_replica_and_nowhere_else()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        await using var writing = await Device.OpenAsync(student, replicas.A);
        await using var here = await Device.OpenAsync(student, replicas.A);
        await using var there = await Device.OpenAsync(student, replicas.B);
        await using var other = await Device.OpenAsync(teacher, replicas.A);
        await using var others = await Device.OpenAsync(teacher, replicas.A);

        await writing.DraftAsync(room, "пр", heardBy: [here, there]);
        await writing.DraftAsync(room, "привет 👋", heardBy: [here, there]);
        // each list ends with a later draft, before which what was wrong would have come
        await there.DraftAsync(room, "с телефона", heardBy: [writing, here]);
        await here.DraftAsync(room, "из дома", heardBy: [writing, there]);
        await others.DraftAsync(room, "урок", heardBy: [other]);

        Assert.Equal(["пр", "привет 👋", "с телефона"], here.Heard(room));
        Assert.Equal(["пр", "привет 👋", "из дома"], there.Heard(room));
        Assert.Equal(["с телефона", "из дома"], writing.Heard(room));
        Assert.Equal(["урок"], other.Heard(room));
    }

    private sealed class Device : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(long Room, string Text)> _heard = [];
        private HubConnection _hub = null!;

        public static async Task<Device> OpenAsync(Person person, Uri at)
        {
            var device = new Device();
            // a call is answered when the connection is open, and then it hears everything
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            device._hub = await TwoReplicas.HubAsync(person, at, hub =>
            {
                hub.On<JsonObject>(nameof(IChatClient.Ready), _ => ready.SetResult());
                hub.On<long, string>(nameof(IChatClient.DraftChanged), (room, text) => device._heard.Enqueue((room, text)));
            });
            await ready.Task.WaitAsync(Deadline.Token());
            return device;
        }

        public IReadOnlyList<string> Heard(long room) => [.. _heard.Where(draft => draft.Room == room).Select(draft => draft.Text)];

        public async Task DraftAsync(long room, string text, params Device[] heardBy)
        {
            await _hub.InvokeAsync("Draft", room, text, Deadline.Token());
            foreach (var device in heardBy) await Deadline.UntilAsync(() => Task.FromResult(device.Heard(room)), heard => heard.Contains(text), $"{text} to be heard");
        }

        public ValueTask DisposeAsync() => _hub.DisposeAsync();
    }
}
