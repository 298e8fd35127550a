using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TheBot.Tests.Support;

/// <summary>A Redis for one test, which can break it in every way.</summary>
internal sealed class ScratchRedis : IAsyncDisposable
{
    private readonly RedisServer _server = new();
    private readonly Bottleneck _bottleneck;

    private ScratchRedis() => _bottleneck = new Bottleneck(_server.Port);

    public int Port => _bottleneck.Port;

    public int Pid => _server.ProcessId;

    public static async Task<ScratchRedis> StartAsync()
    {
        var redis = new ScratchRedis();
        await redis.StartAgainAsync();
        return redis;
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _server.KillAsync();

    /// <summary>At the same address, after <see cref="KillAsync"/>, empty.</summary>
    public Task StartAgainAsync() => _server.StartAsync();

    /// <summary>SIGSTOP: the process is there, takes connections, and answers nothing.</summary>
    public void Stop() => Signals.Send(Pid, Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signals.Send(Pid, Signals.Continue);

    /// <summary>Whether what is said to it arrives nowhere, while every connection stays open.</summary>
    public bool IsBlackHole
    {
        set => _bottleneck.BytesPerSecond = value ? 0 : int.MaxValue;
    }

    /// <summary>Has a command done, over a connection of its own.</summary>
    public Task DoAsync(string command) => AskAsync(
        command, (answer, _) => answer is ['+' or ':', ..] ? Task.FromResult(answer) : throw new InvalidOperationException($"{command}: {answer}"));

    /// <summary>The channels that somebody is subscribed to.</summary>
    public Task<string[]> ChannelsAsync() => AskAsync("PUBSUB CHANNELS", async (count, names) =>
    {
        var channels = new string[int.Parse(count.AsSpan(1), CultureInfo.InvariantCulture)];
        for (var i = 0; i < channels.Length; i++)
        {
            await names.ReadLineAsync(Deadline.Token()); // its length
            channels[i] = (await names.ReadLineAsync(Deadline.Token()))!;
        }

        return channels;
    });

    public async ValueTask DisposeAsync()
    {
        await _bottleneck.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task<T> AskAsync<T>(string command, Func<string, StreamReader, Task<T>> read)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Port, Deadline.Token());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), Deadline.Token());
        using var answers = new StreamReader(client.GetStream());
        return await read(await answers.ReadLineAsync(Deadline.Token()) ?? throw new InvalidOperationException($"{command}: no answer"), answers);
    }
}
