using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace TheBot.Tests.Support;

/// <summary>A road to a server on this machine, which can be made slow, or carry nothing at all without anybody being told.</summary>
/// <remarks>Next to nothing is on the way at any time, so that who writes notices at once how fast the other side is.</remarks>
internal sealed class Bottleneck : IAsyncDisposable
{
    private const int Step = 2 * 1024;
    private const int Buffered = 16 * 1024;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly int _port;
    private readonly Task _accepting;
    private int _bytesPerSecond = int.MaxValue;

    /// <param name="port">Where it leads to.</param>
    public Bottleneck(int port)
    {
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Each way, of each connection. 0 = what is sent neither arrives nor comes back, and connections stay open; it arrives when there is a speed again.</summary>
    public int BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond);
        set => Volatile.Write(ref _bytesPerSecond, value);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var journeys = new List<Task>();
        try
        {
            while (true) journeys.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
        }
        finally
        {
            await Task.WhenAll(journeys);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { ReceiveBufferSize = Buffered, NoDelay = true })
        using (var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token))
        {
            (client.SendBufferSize, client.NoDelay) = (Buffered, true);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, over.Token);
                var there = CopyAsync(client.GetStream(), server.GetStream(), over.Token);
                var back = CopyAsync(server.GetStream(), client.GetStream(), over.Token);
                await Task.WhenAny(there, back);
                await over.CancelAsync();
                await Task.WhenAll(there, back);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // one side is gone: so is the other
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken over)
    {
        var buffer = new byte[Step];
        var due = Stopwatch.GetTimestamp();
        while (true)
        {
            while (BytesPerSecond == 0) await Task.Delay(Look, over);
            if (await from.ReadAsync(buffer, over) is not (> 0 and var read)) return;
            while (BytesPerSecond == 0) await Task.Delay(Look, over);
            await to.WriteAsync(buffer.AsMemory(0, read), over);
            if (BytesPerSecond is not (var speed and < int.MaxValue and > 0)) continue;
            var now = Stopwatch.GetTimestamp();
            due = Math.Max(due, now - Stopwatch.Frequency / 10) + (read * Stopwatch.Frequency / speed);
            if (due > now) await Task.Delay(Stopwatch.GetElapsedTime(now, due) + TimeSpan.FromMilliseconds(1), over);
        }
    }
}
