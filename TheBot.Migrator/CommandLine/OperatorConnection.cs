using System.Globalization;
using Npgsql;

namespace TheBot.Migrator.CommandLine;

/// <summary>The connection string as this tool uses it: known by name on the server, patient with its own work, impatient with others' locks.</summary>
internal static class OperatorConnection
{
    public const string ApplicationName = "thebot-migrator";

    public static string From(string connectionString, TimeSpan lockTimeout)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = ApplicationName,
            CommandTimeout = 0, // an index over a large table takes as long as it takes
        };
        connection.Options = string.Create(CultureInfo.InvariantCulture, $"{connection.Options} -c lock_timeout={(long)lockTimeout.TotalMilliseconds}").TrimStart();
        return connection.ConnectionString;
    }
}
