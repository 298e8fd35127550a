using System.Globalization;
using Npgsql;

await using var connection = new NpgsqlConnection(Environment.GetEnvironmentVariable("ConnectionStrings__chatdb"));
await connection.OpenAsync();
await using var create = new NpgsqlCommand("CREATE TABLE IF NOT EXISTS runs (at timestamptz NOT NULL DEFAULT now()); INSERT INTO runs DEFAULT VALUES", connection);
await create.ExecuteNonQueryAsync();
Console.WriteLine("migrated");
return int.Parse(Environment.GetEnvironmentVariable("EXIT_CODE") ?? "0", CultureInfo.InvariantCulture);
