using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using TheBot.ChatApi.Auth;

namespace TheBot.Tests.Support;

/// <summary>The chat API alone, on a database and a Redis of the test's choice: for what needs settings of its own and neither a graph nor a second replica.</summary>
internal sealed partial class ApiProcess : IAsyncDisposable
{
    private readonly List<string> _output = [];
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private ApiProcess(Process process) => _process = process;

    public Uri Address => _listening.Task.Result;

    /// <summary>All that it has written so far, to both of its streams.</summary>
    public string Output
    {
        get
        {
            lock (_output) return string.Join('\n', _output);
        }
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="database">A connection string.</param>
    /// <param name="redis">Its Redis.</param>
    /// <param name="settings">As environment variables.</param>
    public static async Task<ApiProcess> StartAsync(string database, ScratchRedis redis, params (string Name, string Value)[] settings)
    {
        var api = Start(database, redis, settings);
        await Task.WhenAny(api._listening.Task, api._process.WaitForExitAsync(Deadline.Token()));
        if (api._listening.Task.IsCompletedSuccessfully) return api;
        var said = api.Output;
        await api.DisposeAsync();
        throw new InvalidOperationException($"the API does not listen: {said}");
    }

    /// <summary>Starts it and waits until it ends by itself, as it must where its settings are wrong.</summary>
    public static async Task<(int ExitCode, string Output)> EndAsync(string database, ScratchRedis redis, params (string Name, string Value)[] settings)
    {
        await using var api = Start(database, redis, settings);
        await api._process.WaitForExitAsync(Deadline.Token());
        return (api._process.ExitCode, api.Output);
    }

    /// <summary>SIGSTOP: its connections stay, and nobody answers.</summary>
    public void Freeze() => Signals.Send(_process.Id, Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signals.Send(_process.Id, Signals.Continue);

    /// <summary>Asks it to stop, as an orchestrator does; the result is its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signals.Send(_process.Id, Signals.Terminate);
        await _process.WaitForExitAsync(Deadline.Token());
        return _process.ExitCode;
    }

    /// <summary>A client with a token, or of nobody.</summary>
    public HttpClient Rest(string? token = null, string scheme = "Token")
    {
        var client = new HttpClient { BaseAddress = Address };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(scheme, token);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(Deadline.Token());
        _process.Dispose();
    }

    private static ApiProcess Start(string database, ScratchRedis redis, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Identity).Assembly.Location])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "TheBot.ChatApi"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ConnectionStrings__chatdb"] = database;
        start.Environment["ConnectionStrings__redis"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port}");
        foreach (var (name, value) in settings) start.Environment[name] = value;

        var api = new ApiProcess(Process.Start(start)!);
        api._process.OutputDataReceived += (_, line) => api.Heard(line.Data);
        api._process.ErrorDataReceived += (_, line) => api.Heard(line.Data);
        api._process.BeginOutputReadLine();
        api._process.BeginErrorReadLine();
        return api;
    }

    private void Heard(string? line)
    {
        if (line is null) return;
        lock (_output) _output.Add(line);
        if (Listening().Match(line) is { Success: true } match) _listening.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
