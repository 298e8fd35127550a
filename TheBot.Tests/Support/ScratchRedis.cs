using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TheBot.Tests.Support;

/// <summary>A redis-server without a password, for one test, which can break it in every way.</summary>
internal sealed class ScratchRedis : IAsyncDisposable
{
    private readonly int _serverPort = FreePort();
    private readonly Road _road;
    private Process? _process;

    private ScratchRedis() => _road = new Road(_serverPort);

    public int Port => _road.Port;

    public static async Task<ScratchRedis> StartAsync()
    {
        var redis = new ScratchRedis();
        await redis.StartAgainAsync();
        return redis;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(Deadline.Token());
    }

    /// <summary>At the same address, after <see cref="KillAsync"/>, empty.</summary>
    public async Task StartAgainAsync()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("redis-server", ["--port", _serverPort.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync(Deadline.Token()) is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return;
        }

        throw new InvalidOperationException("redis-server ended before it was ready");
    }

    /// <summary>SIGSTOP: the process is there, takes connections, and answers nothing.</summary>
    public Task StopAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>Whether what is said to it arrives nowhere, while every connection stays open.</summary>
    public bool IsBlackHole
    {
        set => _road.BytesPerSecond = value ? 0 : int.MaxValue;
    }

    /// <summary>Has a command done, over a connection of its own.</summary>
    public async Task DoAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _serverPort, Deadline.Token());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), Deadline.Token());
        using var answers = new StreamReader(client.GetStream());
        var answer = await answers.ReadLineAsync(Deadline.Token());
        if (answer is not ['+' or ':', ..]) throw new InvalidOperationException($"{command}: {answer}");
    }

    public async ValueTask DisposeAsync()
    {
        await _road.DisposeAsync();
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync(Deadline.Token());
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Deadline.Token());
        if (kill.ExitCode != 0) throw new InvalidOperationException($"kill -{signal} failed");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
