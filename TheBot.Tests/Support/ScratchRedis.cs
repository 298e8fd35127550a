using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TheBot.Tests.Support;

/// <summary>A redis-server without a password, for one test.</summary>
internal sealed class ScratchRedis : IAsyncDisposable
{
    private Process _process;

    private ScratchRedis(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public int Pid => _process.Id;

    public static async Task<ScratchRedis> StartAsync()
    {
        var port = FreePort();
        return new ScratchRedis(await LaunchAsync(port), port);
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>, on the same port and empty.</summary>
    public async Task StartAgainAsync()
    {
        _process.Dispose();
        _process = await LaunchAsync(Port);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Deadline.Token());
    }

    private static async Task<Process> LaunchAsync(int port)
    {
        var start = new ProcessStartInfo("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync(Deadline.Token()) is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return process;
        }

        throw new InvalidOperationException("redis-server ended before it was ready");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
