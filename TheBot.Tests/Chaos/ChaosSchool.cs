using Npgsql;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Chaos;

/// <summary>Somebody of the school, with a login.</summary>
internal sealed record Someone(long Id, string Name, string Token)
{
    public List<long> Rooms { get; } = [];
}

/// <summary>The room of one course.</summary>
internal sealed record ChaosRoom(long Id, Someone Student, Someone Teacher)
{
    public List<Someone> Guardians { get; } = [];
}

/// <summary>Ten rooms with a student, a teacher and four guardians each; teachers have five of them and guardians two.</summary>
internal sealed class ChaosSchool
{
    private const int RoomCount = 10;
    private const int GuardianCount = 20;

    public List<ChaosRoom> Rooms { get; } = [];
    public List<Someone> Teachers { get; } = [];
    public List<Someone> Guardians { get; } = [];
    public Someone Administrator { get; private set; } = null!;

    /// <summary>Straight into the roster, before anybody is connected: each run has a school of its own.</summary>
    public static async Task<ChaosSchool> FoundAsync(NpgsqlDataSource database)
    {
        var roster = new SchoolRoster(database, new NobodyListens());
        var school = new ChaosSchool { Administrator = await ComeAsync(roster, database, Role.Tutor, "administrator", isAdministrator: true) };
        for (var i = 0; i < 2; i++) school.Teachers.Add(await ComeAsync(roster, database, Role.Teacher, $"teacher{i}"));
        var subject = School.Expect(await roster.CreateSubjectAsync("Физика", null, Deadline.Token()));
        for (var i = 0; i < RoomCount; i++)
        {
            var (student, teacher) = (await ComeAsync(roster, database, Role.Student, $"student{i}"), school.Teachers[i % 2]);
            var course = School.Expect(await roster.EnrollAsync(student.Id, subject.Id, teacher.Id, null, Deadline.Token()));
            var room = new ChaosRoom(course.Rooms.Single(r => r.Kind == RoomKind.ForumSubject).Id, student, teacher);
            student.Rooms.Add(room.Id);
            teacher.Rooms.Add(room.Id);
            school.Rooms.Add(room);
        }

        for (var i = 0; i < GuardianCount; i++)
        {
            var guardian = await ComeAsync(roster, database, Role.Parent, $"guardian{i}");
            school.Guardians.Add(guardian);
            foreach (var room in new[] { school.Rooms[i / 2], school.Rooms[((i / 2) + 1) % RoomCount] })
            {
                School.Expect(await roster.AddGuardianAsync(room.Student.Id, guardian.Id, Deadline.Token()));
                guardian.Rooms.Add(room.Id);
                room.Guardians.Add(guardian);
            }
        }

        return school;
    }

    private static async Task<Someone> ComeAsync(SchoolRoster roster, NpgsqlDataSource database, Role role, string name, bool isAdministrator = false)
    {
        var user = new NewUser($"{name}.{Guid.NewGuid():N}", role) { FirstName = "Имя", LastName = name, IsAdministrator = isAdministrator };
        var id = School.Expect(await roster.CreateUserAsync(user, Deadline.Token())).Id;
        return new Someone(id, name, await database.LogInAsync(id));
    }
}
