using System.Globalization;
using Npgsql;
using TheBot.Data;

namespace TheBot.Migrator.CommandLine;

/// <summary>The connection string as this tool uses it: known by name on the server, patient with its own work, impatient with others' locks.</summary>
internal static class OperatorConnection
{
    public const string ApplicationName = "thebot-migrator";

    /// <exception cref="VerbFailure">It is none.</exception>
    public static string From(string connectionString, TimeSpan lockTimeout)
    {
        var connection = Parse(connectionString);
        if (string.IsNullOrWhiteSpace(connection.Host)) throw new VerbFailure($"ConnectionStrings:{ChatDatabase.ConnectionName} names no Host");
        connection.ApplicationName = ApplicationName;
        connection.CommandTimeout = 0; // an index over a large table takes as long as it takes

        // what Postgres would compile for here it is done with before
        connection.Options = string.Create(CultureInfo.InvariantCulture, $"{connection.Options} -c lock_timeout={(long)lockTimeout.TotalMilliseconds} -c jit=off").TrimStart();
        return connection.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException wrong)
        {
            throw new VerbFailure($"ConnectionStrings:{ChatDatabase.ConnectionName}: {wrong.Message}", inner: wrong);
        }
    }
}
