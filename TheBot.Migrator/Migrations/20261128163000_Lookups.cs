using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using TheBot.Data.Schema;

namespace TheBot.Migrator.Migrations;

/// <summary>What is looked for by more than a key is found without reading whole tables. Indexes of SQL only: nothing of it is in the model, so there is no designer file.</summary>
[DbContext(typeof(ChatDbContext))]
[Migration("20261128163000_Lookups")]
public partial class Lookups : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);

        // whose login it is, by a name in any case of its letters
        migrationBuilder.Sql("CREATE INDEX ix_users_username_lower ON users (lower(username));");

        // whether a picture is somebody's
        migrationBuilder.Sql("CREATE INDEX ix_users_avatar ON users (avatar) WHERE avatar IS NOT NULL;");

        // what the logs say of a deleted person; messages are about nobody and cost nothing here
        migrationBuilder.Sql("CREATE INDEX ix_room_events_subject ON room_events (subject_id) WHERE subject_id IS NOT NULL;");
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql("DROP INDEX ix_room_events_subject;");
        migrationBuilder.Sql("DROP INDEX ix_users_avatar;");
        migrationBuilder.Sql("DROP INDEX ix_users_username_lower;");
    }
}
