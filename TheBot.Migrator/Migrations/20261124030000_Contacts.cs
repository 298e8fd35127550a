using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using TheBot.Data.Schema;

namespace TheBot.Migrator.Migrations;

/// <summary>Who may write to whom. A view and an index of SQL only: nothing of it is in the model, so there is no designer file.</summary>
// Symmetric; a pair may come up more than once (two subjects with one teacher). Nobody is their own contact, and both accounts must be active.
[DbContext(typeof(ChatDbContext))]
[Migration("20261124030000_Contacts")]
public partial class Contacts : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql(
            """
            CREATE VIEW user_contacts (user_id, contact_id, subject_id) AS
            SELECT pair.user_id, pair.contact_id, pair.subject_id
            FROM (
                SELECT e.student_id AS user_id, e.teacher_id AS contact_id, e.subject_id FROM enrollments e WHERE e.is_active
                UNION ALL
                SELECT e.teacher_id, e.student_id, e.subject_id FROM enrollments e WHERE e.is_active
                UNION ALL
                SELECT t.student_id, t.tutor_id, NULL FROM tutorships t WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id)
                UNION ALL
                SELECT t.tutor_id, t.student_id, NULL FROM tutorships t WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id)
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
                WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = g.student_id)
                UNION ALL
                SELECT t.tutor_id, g.guardian_id, NULL FROM tutorships t JOIN guardianships g ON g.student_id = t.student_id
                WHERE EXISTS (SELECT FROM enrollments e WHERE e.student_id = t.student_id)
                UNION ALL
                SELECT a.id, b.id, NULL FROM users a CROSS JOIN users b WHERE a.is_administrator
                UNION ALL
                SELECT b.id, a.id, NULL FROM users a CROSS JOIN users b WHERE a.is_administrator
            ) AS pair
            JOIN users one ON one.id = pair.user_id AND one.is_active AND one.deleted_at IS NULL
            JOIN users other ON other.id = pair.contact_id AND other.is_active AND other.deleted_at IS NULL
            WHERE pair.user_id <> pair.contact_id;
            """);

        // how many answers a message has; most messages answer nothing and cost nothing here
        migrationBuilder.Sql("CREATE INDEX ix_messages_reply_to ON messages (reply_to) WHERE reply_to IS NOT NULL;");
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql("DROP INDEX ix_messages_reply_to;");
        migrationBuilder.Sql("DROP VIEW user_contacts;");
    }
}
