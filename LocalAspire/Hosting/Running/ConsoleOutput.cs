using System.Text.RegularExpressions;
using Aspire.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Running;

/// <summary>Every line says whose it is. Under test lines go to the test's loggers instead, where its filters apply.</summary>
internal sealed partial class ConsoleOutput(DistributedApplicationBuilder builder, ILoggerFactory loggers)
{
    private const int Width = 18;

    public void Write(string name, string line, bool isError)
    {
        if (builder.Test is not null)
            loggers.CreateLogger($"{builder.Environment.ApplicationName}.Resources.{name}").Log(isError ? LogLevel.Error : LogLevel.Information, "{Line}", Color().Replace(line, ""));
        else
            // the services colour their output whatever happens to it; a file or a pipe shall not see that
            (isError ? Console.Error : Console.Out).WriteLine($"{name.PadRight(Width)} | {(Console.IsOutputRedirected ? Color().Replace(line, "") : line)}");
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Color();
}
