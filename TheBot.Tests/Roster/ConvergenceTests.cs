using Microsoft.EntityFrameworkCore;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

[Collection(ScratchPostgresTests.Name)]
public sealed class ConvergenceTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_thousand_parallel_enrollments_make_one_room_of_each_kind()
    {
        await using var school = await School.OpenAsync(postgres);
        var student = await school.PersonAsync(Role.Student);
        var teacher = await school.PersonAsync(Role.Teacher);
        var tutor = await school.PersonAsync(Role.Tutor);
        var parent = await school.PersonAsync(Role.Parent);
        var subject = await school.SubjectAsync();
        var ct = Deadline.Token();

        // with everything that could get between them; the last word on tutor and guardian comes afterwards
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(
            async () =>
            {
                School.Expect(await school.Roster.EnrollAsync(student, subject, teacher, null, ct));
                if (i % 20 == 0) School.Expect(await school.Roster.AddGuardianAsync(student, parent, ct));
                if (i % 20 == 5) School.Expect(await school.Roster.RemoveGuardianAsync(student, parent, ct));
                if (i % 20 == 10) School.Expect(await school.Roster.AssignTutorAsync(student, tutor, ct));
                if (i % 20 == 15) School.Expect(await school.Roster.RemoveTutorAsync(student, tutor, ct));
                if (i % 100 == 7) await school.RenameAsync(teacher, $"Имя{i}");
                if (i % 100 == 8) School.Expect(await school.Roster.RenameSubjectAsync(subject, $"Предмет{i}", null, ct));
            },
            ct)));
        await school.TutorAsync(student, tutor);

        Assert.Equal(1L, await school.ScalarAsync<long>("SELECT count(*) FROM enrollments"));
        Assert.Equal(
            ["forum_subject", "forum_tutor"],
            await school.QueryAsync("SELECT kind FROM rooms WHERE enrollment_id IS NOT NULL ORDER BY kind", row => row.GetString(0)));
        Assert.True((await school.DriftAsync()).IsNothing, (await school.DriftAsync()).ToString());
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task The_backfill_has_nothing_to_do_after_live_changes()
    {
        await using var school = await School.OpenAsync(postgres);
        var students = new List<long>();
        var teacher = await school.PersonAsync(Role.Teacher);
        var subject = await school.SubjectAsync();
        for (var i = 0; i < 5; i++)
        {
            var student = await school.PersonAsync(Role.Student, $"Ученик{i}");
            students.Add(student);
            await school.EnrollAsync(student, subject, teacher);
            await school.GuardianAsync(student, await school.PersonAsync(Role.Parent));
            if (i % 2 == 0) await school.TutorAsync(student, await school.PersonAsync(Role.Tutor));
        }

        await school.RenameAsync(teacher, "Другой");
        Assert.True((await school.DriftAsync()).IsNothing, (await school.DriftAsync()).ToString());
        Assert.True((await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token())).IsNothing);
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task The_backfill_makes_good_whatever_went_by_it_and_a_dry_run_only_tells()
    {
        await using var school = await School.OpenAsync(postgres);
        var student = await school.PersonAsync(Role.Student);
        var teacher = await school.PersonAsync(Role.Teacher);
        var gone = await school.PersonAsync(Role.Parent);
        var room = (await school.EnrollAsync(student, await school.SubjectAsync(), teacher)).Rooms[0].Id;
        await school.GuardianAsync(student, gone);

        // as a script would: a guardian and a name past the verbs, an enrollment that never had a room, somebody without a reason of theirs
        await school.ExecuteAsync("DELETE FROM guardianships");
        await school.ExecuteAsync("UPDATE rooms SET name = 'x', writable = false WHERE id = $1", room);
        await school.ExecuteAsync(
            "INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) VALUES ($1, $2, $3, true)", student, await school.SubjectAsync("Химия"), teacher);
        await school.ExecuteAsync("UPDATE room_members SET reasons = '{tutor}' WHERE room_id = $1 AND user_id = $2", room, teacher);

        var told = await school.DriftAsync();
        Assert.Equal(told, await school.DriftAsync());
        Assert.Equal((1, 1, 2, 1, 1), (told.RoomsCreated, told.RoomsUpdated, told.MembersAdded, told.MembersRemoved, told.ReasonsChanged));
        Assert.Equal(told, await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token()));
        Assert.True((await school.DriftAsync()).IsNothing);
        Assert.Equal([student, teacher], await school.ReadersAsync(room));
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task The_school_has_one_general_room_with_everybody_in_it()
    {
        await using var school = await School.OpenAsync(postgres);
        var somebody = await school.PersonAsync(Role.Parent);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token())));
        var room = Assert.Single(await school.QueryAsync("SELECT id, name FROM rooms WHERE kind = 'general'", row => (Id: row.GetInt64(0), Name: row.GetString(1))));
        Assert.Equal("Общий форум", room.Name);
        Assert.Equal([somebody], await school.ReadersAsync(room.Id));
    }

    [Fact]
    public async Task Two_migrators_at_once_apply_each_migration_once()
    {
        var connectionString = await postgres.NewDatabaseAsync(migrated: false);
        await Task.WhenAll(ScratchPostgres.MigrateAsync(connectionString), ScratchPostgres.MigrateAsync(connectionString));
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("""SELECT array_agg(migration_id::text) FROM "__EFMigrationsHistory" """);
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql().UseChatModel();
        await using var context = new ChatDbContext(options.Options);
        Assert.Equal(context.Database.GetMigrations(), ((string[])(await command.ExecuteScalarAsync(Deadline.Token()))!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_model_and_the_migrations_say_the_same()
    {
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql().UseChatModel();
        using var context = new ChatDbContext(options.Options);
        Assert.False(context.Database.HasPendingModelChanges());

        // whoever adds a migration that only the Migrator needs says so here; every other one is the API's
        string[] ofTheMigrator = [];
        Assert.Equal(ofTheMigrator, context.Database.GetMigrations().SkipWhile(m => m != ChatDbContext.RequiredMigration).Skip(1));
    }
}
