using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TheBot.Tests.Messages;

/// <summary>A road to Postgres on which an answer can be lost: the request arrives and is committed, and the connection breaks before anybody hears of it.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly IPEndPoint _postgres;
    private readonly Task _accepting;
    private Func<Task>? _whenCommitted;

    public LossyProxy(string connectionString)
    {
        var address = new NpgsqlConnectionStringBuilder(connectionString);
        _postgres = new IPEndPoint(IPAddress.Loopback, address.Port);
        _listener.Start();
        address.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        address.SslMode = SslMode.Disable;
        ConnectionString = address.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    /// <summary>Loses the next answer on any connection that is open already; between commit and loss <paramref name="whenCommitted"/> is run and its result returned.</summary>
    public async Task<T> LoseNextAnswerAsync<T>(Func<Task<T>> whenCommitted)
    {
        var told = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _whenCommitted, async () => told.SetResult(await whenCommitted()));
        return await told.Task.WaitAsync(Deadline.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _accepting;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var roads = new List<Task>();
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                roads.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(roads);
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var _ = client;
        using var server = new TcpClient();
        await server.ConnectAsync(_postgres, _closing.Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        var there = CarryQuestionsAsync(client.GetStream(), server.GetStream(), over.Token);
        var back = CarryAnswersAsync(server.GetStream(), client.GetStream(), over.Token);
        await Task.WhenAny(there, back);
        await over.CancelAsync();
        await Task.WhenAll(there, back).ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
    }

    private static async Task CarryQuestionsAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken) => await from.CopyToAsync(to, cancellationToken);

    private async Task CarryAnswersAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var head = new byte[5];
        Func<Task>? losing = null;
        while (true)
        {
            // every message of the server: a type, a length that counts itself, a body
            await from.ReadExactlyAsync(head, cancellationToken);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
            await from.ReadExactlyAsync(body, cancellationToken);
            losing ??= Interlocked.Exchange(ref _whenCommitted, null);
            if (losing is null)
            {
                await to.WriteAsync(head, cancellationToken);
                await to.WriteAsync(body, cancellationToken);
            }
            else if (head[0] == 'Z') // ready for the next query: the transaction of this one has ended
            {
                await losing();
                return;
            }
        }
    }
}
