using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace TheBot.Migrator.CommandLine;

/// <summary>One run of a verb: its arguments, its services, and where it speaks.</summary>
/// <param name="Arguments">The parsed command line.</param>
/// <param name="Services">The host's services.</param>
/// <param name="Output">Both streams.</param>
/// <param name="Patience">How long the operator is willing to wait for what is away (<c>--wait</c>).</param>
internal sealed record VerbRun(ParseResult Arguments, IServiceProvider Services, Output Output, TimeSpan Patience)
{
    public NpgsqlDataSource Database => Services.GetRequiredService<NpgsqlDataSource>();

    /// <summary>A line for people; left out with <c>--json</c>.</summary>
    public void Say(string line) => Output.Say(line);

    /// <summary>Tells how far long work is, on stderr. Dispose it before the next line is said.</summary>
    /// <param name="what">What is counted, in the plural.</param>
    /// <param name="total">How many there are; 0 where nobody knows.</param>
    public Progress Progress(string what, long total) => new(Output.Errors, what, total, Services.GetRequiredService<TimeProvider>(), overwrite: !Console.IsErrorRedirected);
}
