using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

/// <summary>The school's verbs. Each is one transaction after which rooms and members agree with the roster; asked again, it changes nothing.</summary>
/// <remarks>People and subjects here, lessons and the adults beside a student in the other parts. Locks: docs/locks.md.</remarks>
public sealed partial class SchoolRoster(NpgsqlDataSource database, ICommittedEvents listeners)
{
    private const string StudentIdField = "student_id";

    /// <summary>Makes an account. Nothing else follows: everybody is in the general room without a row.</summary>
    public async Task<RosterResult<RosterUser>> CreateUserAsync(NewUser user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        return await ChangeAsync(
            [],
            async change =>
            {
                var created = await change.QueryAsync(
                    """
                    INSERT INTO users (username, email, password_hash, first_name, last_name, role, is_administrator, is_active, is_demo)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8)
                    ON CONFLICT (username) DO NOTHING
                    RETURNING id
                    """,
                    row => row.GetInt64(0),
                    Value(user.Username),
                    Value(user.Email),
                    Value(user.PasswordHash),
                    Value(user.FirstName.Trim()),
                    Value(user.LastName.Trim()),
                    Value(user.Role.ToString().ToLowerInvariant()),
                    Value(user.IsAdministrator),
                    Value(user.IsDemo)).ConfigureAwait(false);
                return created is [var id]
                    ? RosterResult<RosterUser>.Done(new(id, user.Username, user.FirstName.Trim(), user.LastName.Trim(), user.Role, user.IsAdministrator))
                    : RosterResult<RosterUser>.Refused(RosterFault.UsernameTaken, "username");
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds a subject; names are not unique.</summary>
    public Task<RosterResult<RosterSubject>> CreateSubjectAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(
            [],
            async change =>
            {
                var created = await change.QueryAsync(
                    "INSERT INTO subjects (name) VALUES ($1) RETURNING id", row => row.GetInt64(0), Value(name.Trim())).ConfigureAwait(false);
                return RosterResult<RosterSubject>.Done(new(created[0], name.Trim()));
            },
            cancellationToken);

    /// <summary>Renames a person; the rooms that carry their name follow.</summary>
    public Task<RosterResult<RosterUser>> RenameUserAsync(long userId, string firstName, string lastName, CancellationToken cancellationToken)
    {
        // $1 the person: themselves if they learn, and everybody whom they teach or look after
        const string Students =
            """
            SELECT student_id FROM enrollments WHERE $1 IN (student_id, teacher_id)
            UNION
            SELECT student_id FROM tutorships WHERE tutor_id = $1
            """;
        return RunAsync<RosterUser>(
            database,
            listeners,
            async connection => [userId, .. await QueryAsync(connection, Students, row => row.GetInt64(0), cancellationToken, Value(userId)).ConfigureAwait(false)],
            async change =>
            {
                var students = await change.QueryAsync(Students, row => row.GetInt64(0), Value(userId)).ConfigureAwait(false);
                if (!change.Holds(students)) return null;
                var renamed = await change.QueryAsync(
                    """
                    UPDATE users SET first_name = $2, last_name = $3 WHERE id = $1 AND deleted_at IS NULL
                    RETURNING id, username, first_name, last_name, role, is_administrator
                    """,
                    ReadUser,
                    Value(userId),
                    Value(firstName.Trim()),
                    Value(lastName.Trim())).ConfigureAwait(false);
                if (renamed is not [var user]) return RosterResult<RosterUser>.Refused(RosterFault.UserNotFound, "user_id");
                await change.ProvisionAsync([.. students]).ConfigureAwait(false);
                return RosterResult<RosterUser>.Done(user);
            },
            cancellationToken);
    }

    /// <summary>Renames a subject; the rooms that carry its name follow.</summary>
    public Task<RosterResult<RosterSubject>> RenameSubjectAsync(long subjectId, string name, CancellationToken cancellationToken)
    {
        const string Students = "SELECT DISTINCT student_id FROM enrollments WHERE subject_id = $1";
        return RunAsync<RosterSubject>(
            database,
            listeners,
            async connection => [.. await QueryAsync(connection, Students, row => row.GetInt64(0), cancellationToken, Value(subjectId)).ConfigureAwait(false)],
            async change =>
            {
                var renamed = await change.ExecuteAsync("UPDATE subjects SET name = $2 WHERE id = $1", Value(subjectId), Value(name.Trim())).ConfigureAwait(false);
                if (renamed == 0) return RosterResult<RosterSubject>.Refused(RosterFault.SubjectNotFound, "subject_id");

                // with the subject's row held, nobody can enroll in it: this list is complete
                var students = await change.QueryAsync(Students, row => row.GetInt64(0), Value(subjectId)).ConfigureAwait(false);
                if (!change.Holds(students)) return null;
                await change.ProvisionAsync([.. students]).ConfigureAwait(false);
                return RosterResult<RosterSubject>.Done(new(subjectId, name.Trim()));
            },
            cancellationToken);
    }

    private Task<RosterResult<T>> ChangeAsync<T>(long[] people, Func<RosterChange, Task<RosterResult<T>>> change, CancellationToken cancellationToken)
        where T : class =>
        RunAsync<T>(database, listeners, _ => Task.FromResult(people), async running => await change(running).ConfigureAwait(false), cancellationToken);

    private static RosterUser ReadUser(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), Enum.Parse<Role>(row.GetString(4), ignoreCase: true), row.GetBoolean(5));
}
