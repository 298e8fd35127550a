using Microsoft.Extensions.Time.Testing;
using TheBot.Migrator.CommandLine;

namespace TheBot.Tests.Migrator;

/// <summary>What whoever waits for long work reads on stderr.</summary>
public sealed class ProgressTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _said = new() { NewLine = "\n" };

    [Fact]
    public void A_log_gets_a_line_every_ten_seconds_with_rate_and_time_left()
    {
        using var progress = new Progress(_said, "messages", 4000, _time, overwrite: false);
        for (var second = 1; second <= 21; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            progress.Report(second * 100);
        }

        Assert.Equal("1,000 of 4,000 messages, 100/s, 00:00:30 left\n2,000 of 4,000 messages, 100/s, 00:00:20 left\n", _said.ToString());
    }

    [Fact]
    public void Bytes_read_as_sizes()
    {
        using var progress = new Progress(_said, "of the backup read", 4 << 20, _time, overwrite: false, Bytes.Read);
        _time.Advance(TimeSpan.FromSeconds(10));
        progress.Report(1 << 20);
        Assert.Equal("1.0 MB of 4.0 MB of the backup read, 102 kB/s, 00:00:30 left\n", _said.ToString());
    }

    [Fact]
    public void A_terminal_gets_one_line_that_is_rewritten_and_goes_at_the_end()
    {
        using (var progress = new Progress(_said, "files", 0, _time, overwrite: true))
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            progress.Report(1);
            _time.Advance(TimeSpan.FromMilliseconds(800));
            progress.Report(5);
        }

        const string Line = "5 files, 5/s";
        Assert.Equal($"\r{Line}\r{new string(' ', Line.Length)}\r", _said.ToString());
    }
}
