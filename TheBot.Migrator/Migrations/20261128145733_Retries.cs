using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TheBot.Migrator.Migrations;

/// <summary>Students whose rooms could not follow the roster are tried again later and hold up nobody.</summary>
public partial class Retries : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.AddColumn<int>(
            name: "attempts",
            table: "provisioning",
            type: "integer",
            nullable: false,
            defaultValue: 0);

        migrationBuilder.AddColumn<DateTimeOffset>(
            name: "not_before",
            table: "provisioning",
            type: "timestamp with time zone",
            nullable: false,
            defaultValueSql: "now()");
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.DropColumn(
            name: "attempts",
            table: "provisioning");

        migrationBuilder.DropColumn(
            name: "not_before",
            table: "provisioning");
    }
}
