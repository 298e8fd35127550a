using System.Text.RegularExpressions;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>How far pg_restore is: how much of the backup it has read, and then, because that is not all, how many indexes and constraints it has made.</summary>
internal sealed partial class RestoreProgress : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Lock _telling = new();
    private readonly VerbRun _run;
    private readonly int _steps;
    private Progress _progress;
    private int _begun;

    /// <param name="run">Where it is told.</param>
    /// <param name="bytes">Of the backup.</param>
    /// <param name="steps">Indexes and constraints in it.</param>
    public RestoreProgress(VerbRun run, long bytes, int steps)
    {
        (_run, _steps) = (run, steps);
        _progress = run.Progress("of the backup read", bytes, Bytes.Read);
    }

    /// <summary>Hands the backup over.</summary>
    public async Task FeedAsync(string file, Stream input, CancellationToken cancellationToken)
    {
        await using var backup = File.OpenRead(file);
        var buffer = new byte[BufferBytes];
        for (var done = 0L; await backup.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read;)
        {
            try
            {
                await input.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // it has ended, and says itself why
                return;
            }

            done += read;
            lock (_telling)
            {
                if (_begun == 0) _progress.Report(done);
            }
        }
    }

    /// <summary>A line of pg_restore's: which step begins.</summary>
    public void Hear(string line)
    {
        if (!Begun().IsMatch(line)) return;
        lock (_telling)
        {
            if (_begun == 0)
            {
                _progress.Dispose();
                _progress = _run.Progress("indexes and constraints made", _steps);
            }

            _progress.Report(_begun++);
        }
    }

    public void Dispose() => _progress.Dispose();

    [GeneratedRegex("^pg_restore: creating (INDEX|CONSTRAINT|FK CONSTRAINT) ")]
    private static partial Regex Begun();
}
