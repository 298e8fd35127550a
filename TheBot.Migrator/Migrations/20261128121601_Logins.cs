using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace TheBot.Migrator.Migrations;

/// <summary>Logins have ids and may expire, and there are tickets for sockets.</summary>
public partial class Logins : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.AddColumn<DateTimeOffset>(
            name: "expires_at",
            table: "tokens",
            type: "timestamp with time zone",
            nullable: true);

        migrationBuilder.AddColumn<long>(
            name: "id",
            table: "tokens",
            type: "bigint",
            nullable: false,
            defaultValue: 0L)
            .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn);

        migrationBuilder.CreateTable(
            name: "tickets",
            columns: table => new
            {
                hash = table.Column<byte[]>(type: "bytea", nullable: false),
                token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_tickets", x => x.hash);
                table.ForeignKey(
                    name: "fk_tickets_tokens_token_hash",
                    column: x => x.token_hash,
                    principalTable: "tokens",
                    principalColumn: "hash",
                    onDelete: ReferentialAction.Cascade);
            })
            .Annotation("Npgsql:UnloggedTable", true);

        migrationBuilder.CreateIndex(
            name: "ix_tokens_id",
            table: "tokens",
            column: "id",
            unique: true);

        migrationBuilder.CreateIndex(
            name: "ix_tickets_expires_at",
            table: "tickets",
            column: "expires_at");

        migrationBuilder.CreateIndex(
            name: "ix_tickets_token_hash",
            table: "tickets",
            column: "token_hash");
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.DropTable(
            name: "tickets");

        migrationBuilder.DropIndex(
            name: "ix_tokens_id",
            table: "tokens");

        migrationBuilder.DropColumn(
            name: "expires_at",
            table: "tokens");

        migrationBuilder.DropColumn(
            name: "id",
            table: "tokens");
    }
}
