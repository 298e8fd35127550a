using System.Net;
using System.Net.Sockets;

namespace TheBot.Tests.Chaos.Roads;

/// <summary>A road on loopback between a client and a server, which a test can cut, block and narrow. Each connection may lead to another server.</summary>
internal class Road : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Func<IPEndPoint> _next;
    private readonly Lock _gate = new();
    private readonly HashSet<(Socket Client, Socket Server)> _open = [];
    private readonly Task _accepting;
    private TaskCompletionSource? _blocked;
    private TaskCompletionSource? _answersBlocked;

    /// <param name="next">Where the next connection leads.</param>
    public Road(Func<IPEndPoint> next)
    {
        _next = next;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections so far, also those that found nobody.</summary>
    public int Connections { get; private set; }

    /// <summary>Where the newest connection leads.</summary>
    public IPEndPoint? Target { get; private set; }

    /// <summary>Resets every connection that is open now.</summary>
    public void Cut()
    {
        List<(Socket, Socket)> open;
        lock (_gate) open = [.. _open];
        foreach (var (client, server) in open)
        {
            Reset(client);
            Reset(server);
        }
    }

    /// <summary>A black hole while true: connections stay, new ones are taken, and nothing comes through.</summary>
    public void Block(bool blocked) => Switch(ref _blocked, blocked);

    /// <summary>The reader reads nothing while true: what the server says piles up at the server.</summary>
    public void BlockAnswers(bool blocked) => Switch(ref _answersBlocked, blocked);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Block(false);
        BlockAnswers(false);
        _listener.Stop();
        Cut();
        await _accepting;
        GC.SuppressFinalize(this);
    }

    /// <summary>What the server says, on its way to the client; by default as it is.</summary>
    protected virtual async Task CarryAnswersAsync(Socket server, Socket client, CancellationToken cancellationToken) =>
        await CarryAsync(server, client, async () =>
        {
            await OpenAsync();
            await (Volatile.Read(ref _answersBlocked)?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
        }, cancellationToken);

    /// <summary>Ends when the road is not blocked.</summary>
    protected Task OpenAsync() => (Volatile.Read(ref _blocked)?.Task ?? Task.CompletedTask).WaitAsync(_closing.Token);

    private static void Switch(ref TaskCompletionSource? gate, bool blocked)
    {
        if (blocked) Interlocked.CompareExchange(ref gate, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        else Interlocked.Exchange(ref gate, null)?.SetResult();
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // gone by itself
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_closing.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return; // the road is closed
            }

            _ = ConnectAsync(client);
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        // small, so that a client which reads nothing is felt by the server and not by the kernel
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 8 * 1024 };
        client.NoDelay = true;
        try
        {
            lock (_gate) Connections++;
            Target = _next();
            await server.ConnectAsync(Target, _closing.Token);
            lock (_gate) _open.Add((client, server));
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            var asking = CarryAsync(client, server, OpenAsync, over.Token);
            var answering = CarryAnswersAsync(server, client, over.Token);
            // a server that has said its last word closes; what it said has arrived by then
            await Task.WhenAny(asking, answering);
            await Task.WhenAny(Task.WhenAll(asking, answering), Task.Delay(TimeSpan.FromSeconds(1), _closing.Token));
            await over.CancelAsync();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // nobody there: the client finds its connection closed
        }
        finally
        {
            lock (_gate) _open.Remove((client, server));
            client.Dispose();
            server.Dispose();
        }
    }

    private static async Task CarryAsync(Socket from, Socket to, Func<Task> open, CancellationToken cancellationToken)
    {
        var buffer = new byte[Chunk];
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(), cancellationToken) is > 0 and var read)
            {
                await open();
                await to.SendAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // one side is gone, and so is the road between them
        }
    }
}
