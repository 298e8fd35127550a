using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StackExchange.Redis;

namespace LocalAspire.Tests;

/// <summary>What the product's bell needs of a Redis, asked of each server that can take its place.</summary>
public abstract class BellTests(string servers) : IAsyncLifetime
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("bell");

    private DistributedApplication _app = null!;
    private string _connectionString = null!;

    public async Task InitializeAsync()
    {
        using var deadline = new CancellationTokenSource(Graph.Patience);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ChatLab_AppHost>([$"--LocalAspire:Servers={servers}"], deadline.Token);
        builder.Resources.Clear();
        builder.AddRedis("redis");
        _app = await builder.BuildAsync(deadline.Token);
        await _app.StartAsync(deadline.Token);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("redis", deadline.Token);
        _connectionString = (await _app.GetConnectionStringAsync("redis"))!;
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Every_subscriber_hears_everything_in_the_order_in_which_one_publisher_rang()
    {
        const int Calls = 2_000;
        await using var publisher = await ConnectAsync();
        await using var one = await Listener.StartAsync(await ConnectAsync());
        await using var other = await Listener.StartAsync(await ConnectAsync());

        for (var call = 0; call < Calls; call++)
            await publisher.GetSubscriber().PublishAsync(Channel, call, call == Calls - 1 ? CommandFlags.None : CommandFlags.FireAndForget);
        foreach (var listener in new[] { one, other })
            Assert.Equal(Enumerable.Range(0, Calls), (await listener.UntilAsync(heard => heard.Length == Calls)).Select(value => (int)value));
    }

    [Fact]
    public async Task A_call_of_all_kinds_of_bytes_arrives_as_it_was()
    {
        await using var publisher = await ConnectAsync();
        await using var listener = await Listener.StartAsync(await ConnectAsync());
        byte[][] calls = [[], [0, 13, 10, 255], new byte[100_000]];
        foreach (var call in calls)
            await publisher.GetSubscriber().PublishAsync(Channel, call);
        Assert.Equal(calls, (await listener.UntilAsync(heard => heard.Length == calls.Length)).Select(value => (byte[])value!));
    }

    [Fact]
    public async Task A_subscription_is_there_again_after_the_server_was_away()
    {
        await using var publisher = await ConnectAsync();
        await using var listener = await Listener.StartAsync(await ConnectAsync());
        await publisher.GetSubscriber().PublishAsync(Channel, "before");
        await listener.UntilAsync(heard => heard.Contains("before"));

        var restarted = await _app.ResourceCommands.ExecuteCommandAsync("redis", KnownResourceCommands.RestartCommand);
        Assert.True(restarted.Success, restarted.Message);
        // nothing is kept while nobody listens, so somebody rings until it is heard
        await Wait.UntilAsync(async () =>
        {
            try
            {
                await publisher.GetSubscriber().PublishAsync(Channel, "after");
            }
            catch (RedisException)
            {
                return false;
            }

            return listener.Heard.Contains("after");
        }, Graph.Patience, "the subscription is there again");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Nobody_is_let_in_without_the_password(string? password)
    {
        var options = ConfigurationOptions.Parse(_connectionString);
        options.Password = password;
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        await Assert.ThrowsAsync<RedisConnectionException>(async () =>
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            await connection.GetSubscriber().PublishAsync(Channel, "hello");
        });
    }

    private Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{_connectionString},abortConnect=false");

    private sealed class Listener(ConnectionMultiplexer connection) : IAsyncDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<RedisValue> _heard = [];

        public RedisValue[] Heard
        {
            get
            {
                lock (_gate)
                    return [.. _heard];
            }
        }

        public static async Task<Listener> StartAsync(ConnectionMultiplexer connection)
        {
            var listener = new Listener(connection);
            var queue = await connection.GetSubscriber().SubscribeAsync(Channel);
            queue.OnMessage(message =>
            {
                lock (listener._gate)
                    listener._heard.Add(message.Message);
            });
            return listener;
        }

        public async Task<RedisValue[]> UntilAsync(Func<RedisValue[], bool> condition)
        {
            await Wait.UntilAsync(() => Task.FromResult(condition(Heard)), Graph.Patience, "everything is heard");
            return Heard;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}

public sealed class RedisBellTests() : BellTests("installed");

public sealed class GarnetBellTests() : BellTests("packages");
