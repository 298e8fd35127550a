using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Tests.Support;

/// <summary>The Migrator as an operator runs it: a process with arguments, two streams and an exit code.</summary>
internal sealed class MigratorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly Task _answers;
    private readonly Task<string> _errors;

    private MigratorProcess(Process process)
    {
        _process = process;
        _answers = ListenAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts a verb and does not wait for it.</summary>
    public static MigratorProcess Start(string database, params string[] arguments) => Start(database, [], arguments);

    /// <param name="database">A connection string.</param>
    /// <param name="settings">Further environment variables.</param>
    /// <param name="arguments">The verb and its options.</param>
    public static MigratorProcess Start(string database, (string Name, string Value)[] settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SchemaUpgrade).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Start(start, database, settings);
    }

    /// <summary>As <see cref="Start(string, string[])"/>, on a terminal, to which both streams go; each time that a line is rewritten there counts as a line.</summary>
    /// <param name="database">A connection string.</param>
    /// <param name="arguments">The verb and its options, nothing in them that a shell would change.</param>
    public static MigratorProcess StartOnTerminal(string database, params string[] arguments)
    {
        var start = new ProcessStartInfo("script", ["-qec", $"dotnet '{typeof(SchemaUpgrade).Assembly.Location}' {string.Join(' ', arguments)}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Start(start, database, []);
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<MigratorAnswer> RunAsync(string database, params string[] arguments)
    {
        await using var migrator = Start(database, arguments);
        return await migrator.EndAsync();
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <param name="patience">How long it may take; as long as everything else if not given.</param>
    public async Task<MigratorAnswer> EndAsync(TimeSpan? patience = null)
    {
        await _process.WaitForExitAsync(Deadline.Token(patience));
        await _answers;
        return new MigratorAnswer(_process.ExitCode, Said, await _errors);
    }

    /// <summary>Waits until it has said something on stdout.</summary>
    public Task SaidAsync(string text) => SaidAsync(new Regex(Regex.Escape(text)));

    /// <summary>As <see cref="SaidAsync(string)"/>.</summary>
    public Task SaidAsync(Regex pattern) => Deadline.UntilAsync(() => Task.FromResult(Said), pattern.IsMatch, pattern.ToString());

    public bool IsRunning => !_process.HasExited;

    /// <summary>kill -9, unless it has ended already.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Deadline.Token());
    }

    private string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    private static MigratorProcess Start(ProcessStartInfo start, string database, (string Name, string Value)[] settings)
    {
        start.Environment["ConnectionStrings__chatdb"] = database;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return new MigratorProcess(Process.Start(start)!);
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_said) _said.AppendLine(line);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }
}

/// <summary>How a run of the Migrator ended, and what it wrote to its two streams.</summary>
internal sealed record MigratorAnswer(int ExitCode, string Said, string Errors)
{
    /// <summary>What <c>--json</c> answered.</summary>
    public JsonObject Json => JsonNode.Parse(Said)!.AsObject();

    /// <summary>It must have ended so; otherwise the test shows all that it said.</summary>
    public MigratorAnswer Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}: {Said} {Errors}");
        return this;
    }
}
