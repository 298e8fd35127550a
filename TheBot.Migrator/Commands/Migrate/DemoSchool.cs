using Npgsql;
using TheBot.Data.Auth;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Migrate;

/// <summary>A small school to try the product with. Its accounts open in the Development environment only.</summary>
/// <remarks>Made by the ordinary verbs of the roster, so that it is what a school would be; a second run finds everything there.</remarks>
internal sealed class DemoSchool(NpgsqlDataSource database, SchoolRoster roster)
{
    private const string Password = "demo";

    /// <summary>Two migrators that seed at once: the second waits and finds everything there.</summary>
    private const string TakeTurns = "SELECT pg_advisory_xact_lock(hashtext('thebot.demo_school'))";

    private static readonly (string Username, string First, string Last, Role Role, bool IsAdministrator)[] People =
    [
        ("demo.student", "Анна", "Смирнова", Role.Student, false),
        ("demo.teacher", "Пётр", "Кузнецов", Role.Teacher, false),
        ("demo.tutor", "Ольга", "Морозова", Role.Tutor, false),
        ("demo.parent", "Елена", "Смирнова", Role.Parent, false),
        ("demo.admin", "Мария", "Волкова", Role.Tutor, true),
        ("demo.student2", "Иван", "Соколов", Role.Student, false),
        ("demo.parent2", "Сергей", "Соколов", Role.Parent, false),
        ("demo.student3", "Дарья", "Лебедева", Role.Student, false),
        ("demo.parent3", "Наталья", "Лебедева", Role.Parent, false),
        ("demo.student4", "Михаил", "Новиков", Role.Student, false),
        ("demo.parent4", "Алексей", "Новиков", Role.Parent, false),
        ("demo.teacher2", "Ирина", "Павлова", Role.Teacher, false),
        ("demo.teacher3", "Николай", "Фёдоров", Role.Teacher, false),
    ];

    private static readonly (string Student, string Subject, string Teacher)[] Lessons =
    [
        ("demo.student", "Математика", "demo.teacher"),
        ("demo.student", "Русский язык", "demo.teacher2"),
        ("demo.student2", "Математика", "demo.teacher"),
        ("demo.student2", "Физика", "demo.teacher3"),
        ("demo.student3", "Русский язык", "demo.teacher2"),
        ("demo.student4", "Физика", "demo.teacher3"),
    ];

    private static readonly (string Student, string Guardian)[] Guardians =
    [
        ("demo.student", "demo.parent"),
        ("demo.student2", "demo.parent2"),
        ("demo.student3", "demo.parent3"),
        ("demo.student4", "demo.parent4"),
    ];

    private static readonly (string Student, string Tutor)[] Tutors = [("demo.student", "demo.tutor"), ("demo.student2", "demo.tutor")];

    /// <summary>Adds what is missing; tells what there is.</summary>
    public async Task<string> SeedAsync(CancellationToken cancellationToken)
    {
        await using var turn = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var untilSeeded = await turn.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var lockTurn = new NpgsqlCommand(TakeTurns, turn);
        await lockTurn.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        var users = await UsersAsync(cancellationToken).ConfigureAwait(false);
        var subjects = await SubjectsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (student, subject, teacher) in Lessons)
            Expect(await roster.EnrollAsync(users[student], subjects[subject], users[teacher], null, cancellationToken).ConfigureAwait(false));
        foreach (var (student, tutor) in Tutors)
            Expect(await roster.AssignTutorAsync(users[student], users[tutor], cancellationToken).ConfigureAwait(false));
        foreach (var (student, guardian) in Guardians)
            Expect(await roster.AddGuardianAsync(users[student], users[guardian], cancellationToken).ConfigureAwait(false));
        return $"{users.Count} people, {Lessons.Length} enrollments";
    }

    private async Task<Dictionary<string, long>> UsersAsync(CancellationToken cancellationToken)
    {
        var users = await IdsAsync(
            "SELECT username, id FROM users WHERE username = ANY ($1) AND is_demo", [.. People.Select(p => p.Username)], cancellationToken).ConfigureAwait(false);
        var passwordHash = users.Count == People.Length ? null : DjangoPassword.Hash(Password);
        foreach (var (username, first, last, role, isAdministrator) in People.Where(p => !users.ContainsKey(p.Username)))
        {
            var user = new NewUser(username, role)
            {
                FirstName = first,
                LastName = last,
                Email = $"{username}@example.com",
                PasswordHash = passwordHash,
                IsAdministrator = isAdministrator,
                IsDemo = true,
            };
            users.Add(username, Expect(await roster.CreateUserAsync(user, cancellationToken).ConfigureAwait(false)).Id);
        }

        return users;
    }

    private async Task<Dictionary<string, long>> SubjectsAsync(CancellationToken cancellationToken)
    {
        string[] names = [.. Lessons.Select(l => l.Subject).Distinct()];
        var subjects = await IdsAsync("SELECT name, min(id) FROM subjects WHERE name = ANY ($1) GROUP BY name", names, cancellationToken).ConfigureAwait(false);
        foreach (var name in names.Where(n => !subjects.ContainsKey(n)))
            subjects.Add(name, Expect(await roster.CreateSubjectAsync(name, null, cancellationToken).ConfigureAwait(false)).Id);
        return subjects;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100", Justification = "Both callers pass a constant.")]
    private async Task<Dictionary<string, long>> IdsAsync(string sql, string[] names, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = names });
        var ids = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) ids.Add(rows.GetString(0), rows.GetInt64(1));
        return ids;
    }

    private static T Expect<T>(RosterResult<T> result) where T : class =>
        result.Value ?? throw new VerbFailure($"the demo school does not fit into this one: {result.Fault} ({result.Field})");
}
