using System.Globalization;

namespace TheBot.Migrator.CommandLine;

/// <summary>How far long work is, with rate and time left: rewritten in place on a terminal, a line now and then in a log.</summary>
internal sealed class Progress : IProgress<long>, IDisposable
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan InLog = TimeSpan.FromSeconds(10);

    private readonly TextWriter _output;
    private readonly string _what;
    private readonly long _total;
    private readonly TimeProvider _time;
    private readonly bool _overwrite;
    private readonly Func<long, string> _amount;
    private readonly long _started;
    private long _told;
    private int _width;

    /// <param name="output">Where it is told.</param>
    /// <param name="what">What is counted, in the plural.</param>
    /// <param name="total">How many there are; 0 where nobody knows.</param>
    /// <param name="time">For rate and time left.</param>
    /// <param name="overwrite">Whether the output is a terminal.</param>
    /// <param name="amount">How so many of them read; null = as a number.</param>
    public Progress(TextWriter output, string what, long total, TimeProvider time, bool overwrite, Func<long, string>? amount = null)
    {
        (_output, _what, _total, _time, _overwrite) = (output, what, total, time, overwrite);
        _amount = amount ?? (count => count.ToString("N0", CultureInfo.InvariantCulture));
        _started = _told = time.GetTimestamp();
    }

    /// <summary>So many are done by now, all in all.</summary>
    public void Report(long value)
    {
        if (_time.GetElapsedTime(_told) < (_overwrite ? OnTerminal : InLog)) return;
        _told = _time.GetTimestamp();
        var line = Line(value, _time.GetElapsedTime(_started));
        if (!_overwrite)
        {
            _output.WriteLine(line);
            return;
        }

        _output.Write($"\r{line.PadRight(_width)}");
        _width = line.Length;
    }

    /// <summary>Takes the line back where it was rewritten in place.</summary>
    public void Dispose()
    {
        if (_width > 0) _output.Write($"\r{new string(' ', _width)}\r");
    }

    private string Line(long done, TimeSpan elapsed)
    {
        var rate = done / Math.Max(elapsed.TotalSeconds, 0.001);
        var line = $"{_amount(done)}{(_total > 0 ? $" of {_amount(_total)}" : "")} {_what}, {_amount((long)Math.Round(rate))}/s";
        if (_total <= 0 || rate <= 0 || done > _total) return line;
        return $"{line}, {TimeSpan.FromSeconds(Math.Ceiling((_total - done) / rate)):c} left";
    }
}
