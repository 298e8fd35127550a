using System.Text.RegularExpressions;
using Aspire.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Running;

/// <summary>Every line says whose it is. Under test lines go to the test's loggers instead, where its filters apply.</summary>
internal sealed partial class ConsoleOutput(DistributedApplicationOptions options, IHostEnvironment environment, ILoggerFactory loggers)
{
    private int _width = 8;

    public void Reserve(IEnumerable<string> names) => _width = names.Select(name => name.Length).DefaultIfEmpty(_width).Max();

    public void Write(string name, string line, bool isError)
    {
        if (options.EnableResourceLogging)
        {
            var log = loggers.CreateLogger($"{environment.ApplicationName}.Resources.{name}");
            log.Log(isError ? LogLevel.Error : LogLevel.Information, "{Line}", Color().Replace(line, ""));
            return;
        }

        // the services colour their output whatever happens to it; a file or a pipe shall not see that
        if (Console.IsOutputRedirected)
            line = Color().Replace(line, "");
        (isError ? Console.Error : Console.Out).WriteLine($"{name.PadRight(_width)} | {line}");
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Color();
}
