using Npgsql;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backup;

namespace TheBot.Tests.Migrator;

/// <summary>pg_dump and pg_restore connect as the migrator does: with its certificates, its checks of the server's, and a password that no command line shows.</summary>
public sealed class EncryptedBackupTests
{
    private const string Password = "pass=word 'of\" the operator";

    /// <summary>The operator needs TLS, a certificate in their name and a password; nobody gets in without TLS.</summary>
    private const string WhoMayConnect =
        """
        hostssl all postgres 127.0.0.1/32 trust
        hostssl all operator 127.0.0.1/32 scram-sha-256 clientcert=verify-full
        """;

    [Fact]
    public async Task A_server_that_demands_tls_certificate_and_password_is_backed_up_drilled_and_restored()
    {
        using var certificates = new TestCertificates();
        await using var server = new PostgresServer("fsync=off", "ssl=on", "ssl_ca_file=root.crt");
        await server.CreateAsync(folder =>
        {
            certificates.Issue("server", folder);
            File.Copy(certificates.Root, Path.Combine(folder, "root.crt"));
            File.WriteAllText(Path.Combine(folder, "pg_hba.conf"), WhoMayConnect);
        });
        var (certificate, key) = certificates.Issue("operator");
        await using (var admin = new TestDatabase($"{server.ConnectionString("postgres")};SSL Mode=Require;Pooling=false"))
        {
            await admin.ExecuteAsync($"CREATE ROLE operator LOGIN CREATEDB PASSWORD '{Password.Replace("'", "''", StringComparison.Ordinal)}'");
            await admin.ExecuteAsync("CREATE DATABASE chatdb OWNER operator");
        }

        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString("chatdb"))
        {
            Username = "operator",
            Password = Password,
            SslMode = SslMode.VerifyFull,
            RootCertificate = certificates.Root,
            SslCertificate = certificate,
            SslKey = key,
        };
        var folder = Directory.CreateTempSubdirectory("thebot-tls-");
        try
        {
            var calls = Path.Combine(folder.FullName, "calls");
            var path = await WrappedTools.WriteAsync(folder, $"printf '%s\\nPGSSLMODE=%s\\n' \"$*\" \"$PGSSLMODE\" >> '{calls}'");
            await RunAsync(0, "migrate", "--backfill");
            await RunAsync(0, "backup", "--dir", folder.FullName);
            await RunAsync(0, "drill", "--dir", folder.FullName);
            await RunAsync(0, "restore", "--dir", folder.FullName, "--force");

            var called = await File.ReadAllTextAsync(calls);
            var modes = called.Split('\n').Where(line => line.StartsWith("PGSSLMODE=", StringComparison.Ordinal)).ToList();
            Assert.InRange(modes.Count, 3, int.MaxValue); // pg_dump, and pg_restore for drill and restore
            Assert.All(modes, mode => Assert.Equal("PGSSLMODE=verify-full", mode));
            Assert.Contains("--snapshot=", called, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, called, StringComparison.Ordinal);

            // the same without its certificate is refused, in one line
            database.SslCertificate = database.SslKey = null;
            Assert.Single((await RunAsync(1, "backup", "--dir", folder.FullName, "--wait", "1")).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));

            async Task<MigratorAnswer> RunAsync(int exitCode, params string[] arguments)
            {
                await using var migrator = MigratorProcess.Start(database.ConnectionString, [("PATH", path)], arguments);
                return (await migrator.EndAsync()).Expect(exitCode);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("SSL Mode=Disable", "PGSSLMODE=disable")]
    [InlineData("SSL Mode=VerifyCA;Root Certificate=/r.crt", "PGSSLMODE=verify-ca PGSSLROOTCERT=/r.crt")]
    [InlineData("SSL Certificate=/c.crt;SSL Key=/c.key;SSL Negotiation=Direct", "PGSSLCERT=/c.crt PGSSLKEY=/c.key PGSSLNEGOTIATION=direct")]
    [InlineData("Timeout=7;Username=anna;Passfile=/p", "PGCONNECT_TIMEOUT=7 PGUSER=anna PGPASSFILE=/p")]
    [InlineData("Options=-c geqo=off;Require Auth=ScramSHA256;Channel Binding=Require", "PGOPTIONS=-c geqo=off PGREQUIREAUTH=ScramSHA256 PGCHANNELBINDING=require")]
    [InlineData("GSS Encryption Mode=Disable;Kerberos Service Name=db", "PGGSSENCMODE=disable PGKRBSRVNAME=db")]
    [InlineData("Port=5433;Password=a b", "PGHOST=db PGPORT=5433 PGDATABASE=other PGPASSWORD=a b PGAPPNAME=thebot-migrator PGSERVICE= PGHOSTADDR=")]
    public void Every_setting_of_the_connection_string_has_its_variable(string settings, string variables)
    {
        var derived = LibpqEnvironment.Of(new NpgsqlConnectionStringBuilder($"Host=db;Database=chatdb;{settings}"), "other");
        var said = $" {string.Join(' ', derived.Select(v => $"{v.Key}={v.Value}"))} ";
        foreach (var variable in System.Text.RegularExpressions.Regex.Split(variables, " (?=PG)")) Assert.Contains($" {variable} ", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_of_a_key_is_refused_because_only_a_command_line_takes_it()
    {
        var connection = new NpgsqlConnectionStringBuilder("Host=db;SSL Key=/c.key;SSL Password=geheim");
        var refusal = Assert.Throws<VerbFailure>(() => LibpqEnvironment.Of(connection, "chatdb"));
        Assert.Contains("SSL Password", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", refusal.Message, StringComparison.Ordinal);
    }
}
