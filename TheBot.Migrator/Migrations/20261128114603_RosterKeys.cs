using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TheBot.Migrator.Migrations
{
    /// <inheritdoc />
    public partial class RosterKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "external_id",
                table: "subjects",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "client_id",
                table: "rooms",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "deleted_at",
                table: "enrollments",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "provisioning",
                columns: table => new
                {
                    student_id = table.Column<long>(type: "bigint", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_provisioning", x => x.student_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_subjects_external_id",
                table: "subjects",
                column: "external_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_rooms_created_by_client_id",
                table: "rooms",
                columns: new[] { "created_by", "client_id" },
                unique: true,
                filter: "client_id IS NOT NULL");

            migrationBuilder.Sql(Contacts("AND e.deleted_at IS NULL"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(Contacts(""));

            migrationBuilder.DropTable(
                name: "provisioning");

            migrationBuilder.DropIndex(
                name: "ix_subjects_external_id",
                table: "subjects");

            migrationBuilder.DropIndex(
                name: "ix_rooms_created_by_client_id",
                table: "rooms");

            migrationBuilder.DropColumn(
                name: "external_id",
                table: "subjects");

            migrationBuilder.DropColumn(
                name: "client_id",
                table: "rooms");

            migrationBuilder.DropColumn(
                name: "deleted_at",
                table: "enrollments");
        }

        /// <summary>Who may write to whom, as of the migration Contacts; a deleted enrollment makes nobody contacts any more.</summary>
        private static string Contacts(string kept) =>
            $"""
            CREATE OR REPLACE VIEW user_contacts (user_id, contact_id, subject_id) AS
            SELECT pair.user_id, pair.contact_id, pair.subject_id
            FROM (
                SELECT e.student_id AS user_id, e.teacher_id AS contact_id, e.subject_id FROM enrollments e WHERE e.is_active
                UNION ALL
                SELECT e.teacher_id, e.student_id, e.subject_id FROM enrollments e WHERE e.is_active
                UNION ALL
                SELECT t.student_id, t.tutor_id, NULL FROM tutorships t WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id {kept})
                UNION ALL
                SELECT t.tutor_id, t.student_id, NULL FROM tutorships t WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id {kept})
                UNION ALL
                SELECT t.tutor_id, e.teacher_id, e.subject_id FROM tutorships t JOIN enrollments e ON e.student_id = t.student_id AND e.is_active
                UNION ALL
                SELECT e.teacher_id, t.tutor_id, e.subject_id FROM enrollments e JOIN tutorships t ON t.student_id = e.student_id WHERE e.is_active
                UNION ALL
                SELECT g.guardian_id, e.teacher_id, e.subject_id FROM guardianships g JOIN enrollments e ON e.student_id = g.student_id AND e.is_active
                UNION ALL
                SELECT e.teacher_id, g.guardian_id, e.subject_id FROM enrollments e JOIN guardianships g ON g.student_id = e.student_id WHERE e.is_active
                UNION ALL
                SELECT g.guardian_id, t.tutor_id, NULL FROM guardianships g JOIN tutorships t ON t.student_id = g.student_id
                WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = g.student_id {kept})
                UNION ALL
                SELECT t.tutor_id, g.guardian_id, NULL FROM tutorships t JOIN guardianships g ON g.student_id = t.student_id
                WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id {kept})
                UNION ALL
                SELECT a.id, b.id, NULL FROM users a CROSS JOIN users b WHERE a.is_administrator
                UNION ALL
                SELECT b.id, a.id, NULL FROM users a CROSS JOIN users b WHERE a.is_administrator
            ) AS pair
            JOIN users one ON one.id = pair.user_id AND one.is_active AND one.deleted_at IS NULL
            JOIN users other ON other.id = pair.contact_id AND other.is_active AND other.deleted_at IS NULL
            WHERE pair.user_id <> pair.contact_id;
            """;
    }
}
