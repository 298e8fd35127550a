using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Data;

namespace TheBot.Migrator.CommandLine;

/// <summary>One run of a verb: its arguments, its services, and where it speaks.</summary>
/// <param name="Arguments">The parsed command line.</param>
/// <param name="Services">The host's services.</param>
/// <param name="Output">Both streams.</param>
/// <param name="Patience">How long the operator is willing to wait for what is away (<c>--wait</c>).</param>
/// <param name="LockTimeout">How long it stands in line for what others hold (<c>--lock-timeout</c>).</param>
internal sealed record VerbRun(ParseResult Arguments, IServiceProvider Services, Output Output, TimeSpan Patience, TimeSpan LockTimeout)
{
    /// <summary>As this tool uses it.</summary>
    /// <exception cref="VerbFailure">There is none.</exception>
    public string ConnectionString => Services.GetRequiredService<IConfiguration>().GetConnectionString(ChatDatabase.ConnectionName) is { Length: > 0 } told
        ? told
        : throw new VerbFailure($"ConnectionStrings:{ChatDatabase.ConnectionName} is not set; as an environment variable: ConnectionStrings__{ChatDatabase.ConnectionName}");

    /// <exception cref="VerbFailure">There is no connection string, or it contradicts itself.</exception>
    public NpgsqlDataSource Database
    {
        get
        {
            _ = ConnectionString; // told by its name where it is missing, not by what the client library lacks then
            try
            {
                return Services.GetRequiredService<NpgsqlDataSource>();
            }
            catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException or NotSupportedException)
            {
                throw new VerbFailure($"ConnectionStrings:{ChatDatabase.ConnectionName}: {wrong.Message}", inner: wrong);
            }
        }
    }

    /// <summary>A line for people; left out with <c>--json</c>.</summary>
    public void Say(string line) => Output.Say(line);

    /// <summary>A line on stderr, also with <c>--json</c>: which step has begun of work that cannot say how far it is.</summary>
    public void Tell(string line) => Output.Errors.WriteLine(line);

    /// <summary>Tells how far long work is, on stderr. Dispose it before the next line is said.</summary>
    /// <param name="what">What is counted, in the plural.</param>
    /// <param name="total">How many there are; 0 where nobody knows.</param>
    /// <param name="amount">How so many of them read; null = as a number.</param>
    public Progress Progress(string what, long total, Func<long, string>? amount = null) =>
        new(Output.Errors, what, total, Services.GetRequiredService<TimeProvider>(), overwrite: !Console.IsErrorRedirected, amount);
}
