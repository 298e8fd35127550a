using System.Text;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

[Collection(ScratchPostgresTests.Name)]
public sealed class EnrollmentTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task The_same_enrollment_again_changes_nothing()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var first = await school.EnrollAsync(student, subject, teacher);
        school.Announced.Clear();
        var again = await school.Roster.EnrollAsync(student, subject, teacher, null, Deadline.Token());
        Assert.False(again.Changed);
        Assert.Equal(first.Id, again.Value!.Id);
        Assert.Equal(first.Rooms, again.Value.Rooms);
        Assert.Empty(school.Announced);
    }

    [Fact]
    public async Task An_ended_enrollment_can_be_read_and_goes_on_in_its_old_rooms()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var enrollment = await school.EnrollAsync(student, subject, teacher);
        var room = enrollment.Rooms[0].Id;

        School.Expect(await school.Roster.EndEnrollmentAsync(enrollment.Id, Deadline.Token()));
        Assert.False(await school.ScalarAsync<bool>("SELECT writable FROM rooms WHERE id = $1", room));
        Assert.Equal([student, teacher], await school.ReadersAsync(room));
        var ended = Assert.Single(school.Announced[^1].RoomEvents);
        Assert.Equal(RoomEventKind.RoomUpdated, ended.Kind);
        Assert.Contains("\"writable\": false", Encoding.UTF8.GetString(ended.Data.Span), StringComparison.Ordinal);

        var again = await school.EnrollAsync(student, subject, teacher);
        Assert.Equal(enrollment.Id, again.Id);
        Assert.Equal(room, again.Rooms[0].Id);
        Assert.True(await school.ScalarAsync<bool>("SELECT writable FROM rooms WHERE id = $1", room));
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_subject_has_one_teacher_at_a_time()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var other = await school.PersonAsync(Role.Teacher);
        var first = await school.EnrollAsync(student, subject, teacher);
        Assert.Equal(RosterFault.AnotherTeacher, (await school.Roster.EnrollAsync(student, subject, other, null, Deadline.Token())).Fault);

        School.Expect(await school.Roster.EndEnrollmentAsync(first.Id, Deadline.Token()));
        await school.EnrollAsync(student, subject, other);
        Assert.Equal(RosterFault.AnotherTeacher, (await school.Roster.ReactivateAsync(first.Id, Deadline.Token())).Fault);
    }

    [Fact]
    public async Task Refusals_name_what_is_wrong()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var parent = await school.PersonAsync(Role.Parent);
        async Task<(RosterFault?, string?)> EnrollAsync(long who, long what, long whom)
        {
            var result = await school.Roster.EnrollAsync(who, what, whom, null, Deadline.Token());
            return (result.Fault, result.Field);
        }

        Assert.Equal((RosterFault.WrongRole, "student_id"), await EnrollAsync(parent, subject, teacher));
        Assert.Equal((RosterFault.WrongRole, "teacher_id"), await EnrollAsync(student, subject, parent));
        Assert.Equal((RosterFault.UserNotFound, "student_id"), await EnrollAsync(0, subject, teacher));
        Assert.Equal((RosterFault.SubjectNotFound, "subject_id"), await EnrollAsync(student, 0, teacher));
        Assert.Equal(RosterFault.EnrollmentNotFound, (await school.Roster.EndEnrollmentAsync(0, Deadline.Token())).Fault);
        Assert.Equal(RosterFault.WrongRole, (await school.Roster.AddGuardianAsync(student, teacher, Deadline.Token())).Fault);
        Assert.Equal(0L, await school.ScalarAsync<long>("SELECT count(*) FROM enrollments"));
    }

    [Fact]
    public async Task Names_are_cut_at_200_characters_and_never_within_one()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var room = (await school.EnrollAsync(student, subject, teacher, string.Concat(Enumerable.Repeat("🎓", 300)))).Rooms[0];
        Assert.Equal(200, room.Name.EnumerateRunes().Count());
        Assert.DoesNotContain(Rune.ReplacementChar, room.Name.EnumerateRunes());
        Assert.True((await school.DriftAsync()).IsNothing);
    }

    [Fact]
    public async Task Rooms_follow_new_names_of_people_and_subjects()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, subject, teacher) = await LessonAsync(school);
        var room = (await school.EnrollAsync(student, subject, teacher)).Rooms[0].Id;
        await school.RenameAsync(teacher, "Новое", "Имя");
        await school.RenameAsync(student, "Другое");
        School.Expect(await school.Roster.RenameSubjectAsync(subject, "Химия", null, Deadline.Token()));
        Assert.Equal("Химия - Другое ↔ Новое Имя", await school.ScalarAsync<string>("SELECT name FROM rooms WHERE id = $1", room));
        Assert.Equal(3L, await school.ScalarAsync<long>("SELECT count(*) FROM room_events WHERE room_id = $1 AND kind = 20", room));
        await school.LogsAgreeAsync();
    }

    private static async Task<(long Student, long Subject, long Teacher)> LessonAsync(School school) =>
        (await school.PersonAsync(Role.Student), await school.SubjectAsync(), await school.PersonAsync(Role.Teacher));
}
