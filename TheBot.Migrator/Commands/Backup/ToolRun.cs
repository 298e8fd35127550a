using System.Diagnostics;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>A run of one of PostgreSQL's programs. What it says is heard line by line; where it fails, the line with which it gave up is the refusal.</summary>
internal static class ToolRun
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Everybody on the machine can read them.</param>
    /// <param name="variables">To be set; null = to be taken away.</param>
    /// <param name="hear">Told each line of its stderr.</param>
    /// <param name="input">Writes its stdin, if it gets one, which is closed afterwards. A program that has enough closes it earlier.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Its stdout.</returns>
    /// <exception cref="VerbFailure">It failed.</exception>
    public static async Task<string> RunAsync(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string?> variables,
        Action<string> hear,
        Func<Stream, Task>? input,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null };
        start.Environment["LC_ALL"] = "C"; // its lines are read here, too
        foreach (var (name, value) in variables)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        var tool = Path.GetFileName(program);
        using var process = Process.Start(start) ?? throw new VerbFailure($"{tool} does not start");
        var feeding = input is null ? Task.CompletedTask : FeedAsync(process, input);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var reason = await ListenAsync(process.StandardError, tool, hear, cancellationToken).ConfigureAwait(false);
            var said = await output.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
            return process.ExitCode == 0 ? said : throw new VerbFailure(reason ?? $"{tool} ended with {process.ExitCode}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closed at the end in any case: half an input is one that the program refuses by itself.</summary>
    private static async Task FeedAsync(Process process, Func<Stream, Task> input)
    {
        await using var stream = process.StandardInput.BaseStream;
        await input(stream).ConfigureAwait(false);
    }

    /// <summary>What it said of why it failed; null = nothing. A lock that it did not get it calls a statement that took too long.</summary>
    private static async Task<string?> ListenAsync(StreamReader errors, string tool, Action<string> hear, CancellationToken cancellationToken)
    {
        var (first, last) = ((string?)null, (string?)null);
        while (await errors.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            hear(line);
            if (line.Contains("Query was: LOCK TABLE", StringComparison.Ordinal)) first = Refusal.LockHeld;
            else if (line.StartsWith($"{tool}: error: ", StringComparison.Ordinal)) first ??= line;
            if (line.Length > 0) last = line;
        }

        return first ?? last;
    }
}
