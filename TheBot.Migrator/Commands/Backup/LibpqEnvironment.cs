using System.Globalization;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>A connection string in the terms of PostgreSQL's own programs. Everything goes through the environment: of a command line everybody can read the password.</summary>
internal static class LibpqEnvironment
{
    /// <summary>Where distributions keep the certificates that the system trusts, and with it Npgsql.</summary>
    private static readonly string[] SystemRoots = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

    /// <summary>The variables to set; null = to be taken away, because the operator's own would lead elsewhere.</summary>
    /// <exception cref="VerbFailure">The connection string has what these programs take from their command line only.</exception>
    public static IReadOnlyDictionary<string, string?> Of(NpgsqlConnectionStringBuilder connection, string database)
    {
        if (!string.IsNullOrEmpty(connection.SslPassword))
            throw new VerbFailure("pg_dump and pg_restore take the password of a key (SSL Password) from their command line only, where everybody reads it: give backups a key without one");
        var variables = new Dictionary<string, string?>
        {
            ["PGSERVICE"] = null,
            ["PGHOSTADDR"] = null,
            ["PGAPPNAME"] = OperatorConnection.ApplicationName,
            ["PGHOST"] = connection.Host,
            ["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
            ["PGDATABASE"] = database,
            ["PGCONNECT_TIMEOUT"] = connection.Timeout.ToString(CultureInfo.InvariantCulture),
            ["PGSSLMODE"] = connection.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => mode.ToString().ToLowerInvariant(),
            },
            ["PGGSSENCMODE"] = connection.GssEncryptionMode.ToString().ToLowerInvariant(),
            ["PGCHANNELBINDING"] = connection.ChannelBinding.ToString().ToLowerInvariant(),
        };

        // What the connection string leaves open both sides find in the same places: the operator's variables, then the files in the home folder.
        Add("PGUSER", connection.Username);
        Add("PGPASSWORD", connection.Password);
        Add("PGPASSFILE", connection.Passfile);
        Add("PGOPTIONS", connection.Options);
        Add("PGSSLROOTCERT", connection.RootCertificate ?? SystemRootOf(connection));
        Add("PGSSLCERT", connection.SslCertificate);
        Add("PGSSLKEY", connection.SslKey);
        Add("PGKRBSRVNAME", connection.KerberosServiceName);
        Add("PGREQUIREAUTH", connection.RequireAuth);
        if (connection.SslNegotiation == SslNegotiation.Direct) variables.Add("PGSSLNEGOTIATION", "direct");
        return variables;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) variables.Add(name, value);
        }
    }

    /// <summary>Who checks certificates and names no root trusts those of the system. Npgsql does so by itself, these programs must be told.</summary>
    private static string? SystemRootOf(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull)) return null;
        var own = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".postgresql", "root.crt");
        return Environment.GetEnvironmentVariable("PGSSLROOTCERT") is { Length: > 0 } || File.Exists(own) ? null : SystemRoots.FirstOrDefault(File.Exists);
    }
}
