using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

[Collection(ScratchPostgresTests.Name)]
public sealed class MembershipTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_enrollment_makes_the_subject_room_and_a_tutor_the_other_one()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, tutor, parent) = await FamilyAsync(school);
        var subject = await school.SubjectAsync();
        await school.GuardianAsync(student, parent);

        var enrollment = await school.EnrollAsync(student, subject, teacher);
        var forum = Assert.Single(enrollment.Rooms);
        Assert.Equal((RoomKind.ForumSubject, "Физика - Анна С ↔ Пётр К"), (forum.Kind, forum.Name));
        Assert.Equal([student, teacher, parent], await school.ReadersAsync(forum.Id));

        await school.TutorAsync(student, tutor);
        var tutors = (await school.EnrollAsync(student, subject, teacher)).Rooms.Single(room => room.Kind == RoomKind.ForumTutor);
        Assert.Equal("Физика - Анна С ↔ Ольга М", tutors.Name);
        Assert.Equal([student, tutor, parent], await school.ReadersAsync(tutors.Id));
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_removed_guardian_leaves_every_room_of_the_child()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, tutor, parent) = await FamilyAsync(school);
        await school.EnrollAsync(student, await school.SubjectAsync("Физика"), teacher);
        await school.EnrollAsync(student, await school.SubjectAsync("Химия"), teacher);
        await school.TutorAsync(student, tutor);
        await school.GuardianAsync(student, parent);
        school.Announced.Clear();

        School.Expect(await school.Roster.RemoveGuardianAsync(student, parent, Deadline.Token()));

        Assert.Equal(1L, await RoomsOfAsync(school, parent)); // the general one
        var announced = Assert.Single(school.Announced);
        Assert.Equal(4, announced.RoomEvents.Count(e => e.Kind == RoomEventKind.MemberRemoved && e.SubjectId == parent));
        Assert.Equal(4, announced.UserEvents.Count(e => e.Kind == UserEventKind.RoomRemoved && e.UserId == parent));
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_guardian_of_two_children_keeps_the_rooms_of_the_other_one()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, _, parent) = await FamilyAsync(school);
        var sibling = await school.PersonAsync(Role.Student);
        var subject = await school.SubjectAsync();
        var first = await school.EnrollAsync(student, subject, teacher);
        var second = await school.EnrollAsync(sibling, subject, teacher);
        await school.GuardianAsync(student, parent);
        await school.GuardianAsync(sibling, parent);

        School.Expect(await school.Roster.RemoveGuardianAsync(student, parent, Deadline.Token()));

        Assert.DoesNotContain(parent, await school.ReadersAsync(first.Rooms[0].Id));
        Assert.Contains(parent, await school.ReadersAsync(second.Rooms[0].Id));
    }

    [Fact]
    public async Task A_child_has_several_guardians()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, _, parent) = await FamilyAsync(school);
        var other = await school.PersonAsync(Role.Parent);
        var enrollment = await school.EnrollAsync(student, await school.SubjectAsync(), teacher);
        await school.GuardianAsync(student, parent);
        await school.GuardianAsync(student, other);
        Assert.Equal([student, teacher, parent, other], await school.ReadersAsync(enrollment.Rooms[0].Id));
    }

    [Fact]
    public async Task People_who_come_back_see_everything_and_keep_what_they_had_read()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, _, parent) = await FamilyAsync(school);
        var room = (await school.EnrollAsync(student, await school.SubjectAsync(), teacher)).Rooms[0].Id;
        await school.GuardianAsync(student, parent);
        await school.ExecuteAsync("UPDATE room_members SET read_seq = 2, visible_from_seq = 1 WHERE room_id = $1 AND user_id = $2", room, parent);
        School.Expect(await school.Roster.RemoveGuardianAsync(student, parent, Deadline.Token()));
        Assert.DoesNotContain(parent, await school.ReadersAsync(room));

        await school.GuardianAsync(student, parent);

        var row = Assert.Single(await school.QueryAsync(
            "SELECT read_seq, visible_from_seq, left_at IS NULL FROM room_members WHERE room_id = $1 AND user_id = $2",
            r => (r.GetInt64(0), r.GetInt64(1), r.GetBoolean(2)), room, parent));
        Assert.Equal((2, 0, true), row);
        await school.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_former_tutors_room_stays_for_the_others()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, tutor, parent) = await FamilyAsync(school);
        var subject = await school.SubjectAsync();
        await school.EnrollAsync(student, subject, teacher);
        await school.GuardianAsync(student, parent);
        await school.TutorAsync(student, tutor);

        School.Expect(await school.Roster.RemoveTutorAsync(student, tutor, Deadline.Token()));

        var room = (await school.EnrollAsync(student, subject, teacher)).Rooms.Single(r => r.Kind == RoomKind.ForumTutor);
        Assert.Equal([student, parent], await school.ReadersAsync(room.Id));
        Assert.Equal("Физика - Анна С ↔ Ольга М", room.Name);
        Assert.True((await school.DriftAsync()).IsNothing);
    }

    [Fact]
    public async Task Whoever_staff_added_stays_when_the_roster_lets_them_go()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, _, parent) = await FamilyAsync(school);
        var room = (await school.EnrollAsync(student, await school.SubjectAsync(), teacher)).Rooms[0].Id;
        await school.GuardianAsync(student, parent);
        await school.ExecuteAsync("UPDATE room_members SET reasons = reasons || 'added:7'::text WHERE room_id = $1 AND user_id = $2", room, parent);

        School.Expect(await school.Roster.RemoveGuardianAsync(student, parent, Deadline.Token()));

        Assert.Contains(parent, await school.ReadersAsync(room));
        Assert.Equal(["added:7"], await school.ScalarAsync<string[]>("SELECT reasons FROM room_members WHERE room_id = $1 AND user_id = $2", room, parent));
    }

    [Fact]
    public async Task A_disabled_account_sees_nothing_and_an_administrator_looks_on()
    {
        await using var school = await School.OpenAsync(postgres);
        var (student, teacher, _, _) = await FamilyAsync(school);
        var room = (await school.EnrollAsync(student, await school.SubjectAsync(), teacher)).Rooms[0].Id;
        var administrator = School.Expect(await school.Roster.CreateUserAsync(new NewUser("head", Role.Tutor) { IsAdministrator = true }, Deadline.Token())).Id;
        await school.ExecuteAsync("UPDATE users SET is_active = false WHERE id = $1", teacher);

        Assert.Equal([student, administrator], await school.ReadersAsync(room));
        Assert.Equal("observer", await school.ScalarAsync<string>("SELECT standing FROM room_readers WHERE room_id = $1 AND user_id = $2", room, administrator));
        Assert.Equal(0L, await RoomsOfAsync(school, teacher));
    }

    private static Task<long> RoomsOfAsync(School school, long userId) => school.ScalarAsync<long>("SELECT count(*) FROM room_readers WHERE user_id = $1", userId);

    private static async Task<(long Student, long Teacher, long Tutor, long Parent)> FamilyAsync(School school) => (
        await school.PersonAsync(Role.Student, "Анна", "С"),
        await school.PersonAsync(Role.Teacher, "Пётр", "К"),
        await school.PersonAsync(Role.Tutor, "Ольга", "М"),
        await school.PersonAsync(Role.Parent, "Елена", "С"));
}
