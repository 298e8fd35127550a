using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using TheBot.Data.Schema;

namespace TheBot.Migrator.Migrations;

/// <summary>What doctor has repaired, so that it can be taken back. Only doctor reads it, by SQL: nothing of it is in the model, so there is no designer file.</summary>
[DbContext(typeof(ChatDbContext))]
[Migration("20261128123000_DoctorTables")]
public partial class DoctorTables : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql(
            """
            CREATE TABLE doctor_runs (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                started_at timestamptz NOT NULL DEFAULT now(),
                finished_at timestamptz,
                undone_at timestamptz
            );
            CREATE TABLE doctor_repairs (
                run_id bigint NOT NULL REFERENCES doctor_runs (id),
                n int NOT NULL,
                kind text NOT NULL,
                room_id bigint,
                undo jsonb NOT NULL,
                undone_at timestamptz,
                PRIMARY KEY (run_id, n)
            );
            """);
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql("DROP TABLE doctor_repairs; DROP TABLE doctor_runs;");
    }
}
