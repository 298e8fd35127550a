using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TheBot.Tests.Support;

/// <summary>Stands between a client and Postgres, and once cuts a connection instead of handing on an answer that has been earned.</summary>
internal sealed class AnswerLosingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;
    private Losing? _losing;
    private int _lost;

    public AnswerLosingProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    /// <summary>Answers that were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>The first answer behind which the database (asked by another way) has come to fit is not handed on.</summary>
    /// <param name="ask">What the database has.</param>
    /// <param name="fits">What it has once the answer is earned.</param>
    /// <param name="meanwhile">Done between the commit and the loss.</param>
    public void LoseAnswerWhen<T>(Func<Task<T>> ask, Func<T, bool> fits, Func<Task>? meanwhile = null) =>
        _losing = new Losing(async () => fits(await ask()), meanwhile ?? (() => Task.CompletedTask));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync());
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(_server.Host!, _server.Port);
            var asking = CopyAsync(client.GetStream(), server.GetStream(), () => Task.FromResult(false));
            var answering = CopyAsync(server.GetStream(), client.GetStream(), LoseAsync);
            await Task.WhenAny(asking, answering);
        }
    }

    /// <summary>Whether to cut here: asked before an answer is handed on, so that what it answers is committed or not by then.</summary>
    private async Task<bool> LoseAsync()
    {
        if (_losing is not { } losing || !await losing.IsEarned()) return false;
        if (Interlocked.CompareExchange(ref _losing, null, losing) != losing) return false;
        await losing.Meanwhile();
        Interlocked.Increment(ref _lost);
        return true;
    }

    private static async Task CopyAsync(NetworkStream from, NetworkStream to, Func<Task<bool>> cuts)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer) is > 0 and var read)
            {
                if (await cuts()) return;
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (IOException)
        {
            // one side is gone: so is the other
        }
    }

    private sealed record Losing(Func<Task<bool>> IsEarned, Func<Task> Meanwhile);
}
