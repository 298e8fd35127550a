using System.Diagnostics;
using System.Globalization;

namespace TheBot.Tests.Support;

/// <summary>A redis-server of its own, without a password and without a disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private Process? _process;
    private bool _hasRun;

    public int Port { get; private set; } = Ports.Free();

    public int ProcessId => _process!.Id;

    /// <summary>Starts it, also after <see cref="KillAsync"/>: at the same port, and empty.</summary>
    public async Task StartAsync()
    {
        var token = Deadline.Token();
        while (!await TryStartAsync())
        {
            if (_hasRun || token.IsCancellationRequested) throw new InvalidOperationException("redis-server ended before it was ready");
            Port = Ports.Free(); // somebody was faster at a port that no client knows yet
        }

        _hasRun = true;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync(Deadline.Token());
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    /// <summary>False = it ended before it was ready.</summary>
    private async Task<bool> TryStartAsync()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("redis-server", ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync(Deadline.Token()) is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return true;
        }

        return false;
    }
}
