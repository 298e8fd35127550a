using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Client;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Support;

/// <summary>A school with two API processes before it that know no limits, and a Redis between them that can be broken.</summary>
public sealed class TwoReplicas : IAsyncLifetime
{
    private static readonly (string Name, string Value)[] NoLimits =
        [("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Limits__SocketsPerPerson", "1000")];

    private readonly ScratchPostgres _postgres = new();

    internal ApiSchool School { get; private set; } = null!;

    internal ApiProcess First => School.Api;

    internal ApiProcess Second { get; private set; } = null!;

    internal ScratchRedis Redis => School.Redis;

    public Uri A => First.Address;

    public Uri B => Second.Address;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        School = await ApiSchool.OpenAsync(_postgres, NoLimits);
        Second = await School.AnotherAsync(NoLimits);
        await HealthAsync("Healthy");
    }

    public async Task DisposeAsync()
    {
        await Second.DisposeAsync();
        await School.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>Until both processes say so, and that they are ready: a Redis that is away makes nobody unhealthy.</summary>
    public async Task HealthAsync(string wanted)
    {
        foreach (var api in new[] { First, Second })
        {
            using var rest = api.Rest();
            await Health.UntilAsync(rest, wanted);
        }
    }

    /// <summary>The client library on its way to one replica, or to a road that leads there.</summary>
    internal static async Task<ChatClient> ClientAsync(Person person, Uri at)
    {
        var address = new UriBuilder(new Uri(at, V1Protocol.Path)) { Scheme = "ws" }.Uri;
        var client = new ChatClient(new ChatClientOptions
        {
            Transport = new WebSocketTransport(address),
            Token = _ => ValueTask.FromResult(person.Token),
        });
        await client.ConnectAsync(Deadline.Token());
        return client;
    }

    internal static Task<HubConnection> HubAsync(Person person, Uri at, Action<HubConnection>? listen = null) => ChatGraph.HubWithAsync(person.Token, at, listen);
}

/// <summary>Tests that share two processes, one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedReplicas : ICollectionFixture<TwoReplicas>
{
    public const string Name = "two replicas";
}
