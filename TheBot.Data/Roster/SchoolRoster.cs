using Npgsql;
using TheBot.Data.Auth;
using TheBot.Data.Log;
using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

/// <summary>The school's verbs. Each is one transaction after which rooms and members agree with the roster; asked again, it changes nothing.</summary>
/// <remarks>
/// Where a change concerns many students (a subject's new name, a load) their rooms follow in transactions of their own, soon after
/// (<see cref="RoomProvisioner.ConvergeWaitingAsync"/>). People here; subjects, lessons, the adults beside a student and loads in the other parts. Locks: docs/locks.md.
/// </remarks>
public sealed partial class SchoolRoster(NpgsqlDataSource database, ICommittedEvents listeners)
{
    private const string StudentIdField = "student_id";
    private const string TeacherIdField = "teacher_id";
    private const string UserIdField = "user_id";

    private const string UserColumns =
        """
        id, username, email, first_name, last_name, role, is_administrator, is_active,
        md5(jsonb_build_array(username, email, first_name, last_name, is_administrator, is_active)::text)
        """;

    // $1 the person: themselves if they learn, and everybody whom they teach or look after
    private const string StudentsOf =
        """
        SELECT student_id FROM enrollments WHERE $1 IN (student_id, teacher_id)
        UNION
        SELECT student_id FROM tutorships WHERE tutor_id = $1
        """;

    private const string AllStudentsOf = $"{StudentsOf} UNION SELECT student_id FROM guardianships WHERE guardian_id = $1";

    /// <summary>Makes an account. Nothing else follows: everybody is in the general room without a row. The same again finds it.</summary>
    public async Task<RosterResult<RosterUser>> CreateUserAsync(NewUser user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (await FindNamesakeAsync(user, cancellationToken).ConfigureAwait(false) is { } known) return known;
        var hashed = user.Password is { } password ? user with { PasswordHash = DjangoPassword.Hash(password) } : user;
        var made = await LoadUsersAsync([hashed], judgeOnly: false, cancellationToken).ConfigureAwait(false);

        // somebody else was first by a moment
        if (made.Faults.Count > 0 || made.Changed == 0) return await FindNamesakeAsync(user, cancellationToken).ConfigureAwait(false) ?? NoSuchUser();
        return await FindUserAsync(made.Ids[0], cancellationToken).ConfigureAwait(false) is { } created ? RosterResult<RosterUser>.Done(created) : NoSuchUser();
    }

    /// <summary>Somebody of the roster; null = no such user, or a deleted one.</summary>
    public async Task<RosterUser?> FindUserAsync(long userId, CancellationToken cancellationToken) =>
        await FindAsync($"SELECT {UserColumns} FROM users WHERE id = $1 AND deleted_at IS NULL", ReadUser, Value(userId), cancellationToken).ConfigureAwait(false);

    /// <summary>Changes what is said of a person; the rooms that carry their name follow. Who is no administrator any more must log in anew.</summary>
    /// <param name="userId">Whom.</param>
    /// <param name="wanted">What shall be.</param>
    /// <param name="knownVersions">The <see cref="RosterUser.Version"/> that the asking person knows, or several of which it is one; null = any.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public Task<RosterResult<RosterUser>> ChangeUserAsync(long userId, UserChange wanted, string[]? knownVersions, CancellationToken cancellationToken) =>
        RunAsync<RosterUser>(
            database,
            listeners,
            async connection => [userId, .. await QueryAsync(connection, StudentsOf, row => row.GetInt64(0), cancellationToken, Value(userId)).ConfigureAwait(false)],
            async change =>
            {
                var found = await change.QueryAsync($"SELECT {UserColumns} FROM users WHERE id = $1 AND deleted_at IS NULL", ReadUser, Value(userId)).ConfigureAwait(false);
                if (found is not [var user]) return NoSuchUser();
                var next = user with
                {
                    FirstName = wanted.FirstName?.Trim() ?? user.FirstName,
                    LastName = wanted.LastName?.Trim() ?? user.LastName,
                    Email = wanted.Email is { } email ? Blank(email) : user.Email,
                    IsAdministrator = wanted.IsAdministrator ?? user.IsAdministrator,
                };
                if (next == user) return RosterResult<RosterUser>.Done(user, changed: false);
                if (knownVersions?.Contains(user.Version) is false) return RosterResult<RosterUser>.Refused(RosterFault.Outdated, UserIdField);

                var changed = await change.QueryAsync(
                    $"UPDATE users SET first_name = $2, last_name = $3, email = $4, is_administrator = $5 WHERE id = $1 RETURNING {UserColumns}",
                    ReadUser,
                    Value(userId),
                    Value(next.FirstName),
                    Value(next.LastName),
                    Value(next.Email),
                    Value(next.IsAdministrator)).ConfigureAwait(false);
                if ((next.FirstName, next.LastName) != (user.FirstName, user.LastName))
                {
                    var students = await change.QueryAsync(StudentsOf, row => row.GetInt64(0), Value(userId)).ConfigureAwait(false);
                    if (!change.Holds(students)) return null;
                    await change.ProvisionAsync([.. students]).ConfigureAwait(false);
                }

                // an open connection that looks into a room as an administrator would go on looking
                if (user.IsAdministrator && !next.IsAdministrator) await change.EndLoginsAsync(userId).ConfigureAwait(false);
                return RosterResult<RosterUser>.Done(changed[0]);
            },
            cancellationToken);

    /// <summary>
    /// Deletes an account for good: logins and lessons end, the person is out of every room, their name and address are forgotten, in the logs too, and the user name is free.
    /// What they wrote stays, by <see cref="User.DeletedName"/>.
    /// </summary>
    public Task<RosterResult<RosterUser>> DeleteUserAsync(long userId, CancellationToken cancellationToken) =>
        RunAsync<RosterUser>(
            database,
            listeners,
            async connection => [userId, .. await QueryAsync(connection, AllStudentsOf, row => row.GetInt64(0), cancellationToken, Value(userId)).ConfigureAwait(false)],
            async change =>
            {
                var students = await change.QueryAsync(AllStudentsOf, row => row.GetInt64(0), Value(userId)).ConfigureAwait(false);
                if (!change.Holds(students)) return null;
                var found = await change.QueryAsync(
                    $"SELECT {UserColumns}, deleted_at IS NOT NULL FROM users WHERE id = $1", row => (User: ReadUser(row), IsDeleted: row.GetBoolean(9)), Value(userId)).ConfigureAwait(false);
                if (found is not [var person]) return NoSuchUser();
                if (person.IsDeleted) return RosterResult<RosterUser>.Done(person.User, changed: false);

                await change.ExecuteAsync("UPDATE enrollments SET is_active = false WHERE $1 IN (student_id, teacher_id) AND is_active", Value(userId)).ConfigureAwait(false);
                await change.ExecuteAsync("DELETE FROM tutorships WHERE tutor_id = $1", Value(userId)).ConfigureAwait(false);
                await change.ExecuteAsync("DELETE FROM guardianships WHERE guardian_id = $1", Value(userId)).ConfigureAwait(false);
                var deleted = await change.QueryAsync(
                    $"""
                    UPDATE users
                    SET username = 'deleted.' || id || '.' || gen_random_uuid(), email = NULL, password_hash = NULL, first_name = $2, last_name = '', avatar = NULL,
                        is_administrator = false, is_active = false, deleted_at = now()
                    WHERE id = $1
                    RETURNING {UserColumns}
                    """,
                    ReadUser,
                    Value(userId),
                    Value(User.DeletedName)).ConfigureAwait(false);
                long[] followAtOnce = FollowsAtOnce(students) ? [.. students] : [];
                await change.ExecuteAsync(RoomProvisionerSql.LockRoomsOfDeleted, Value(userId), Values(followAtOnce)).ConfigureAwait(false);
                await change.LeaveOwnRoomsAsync(userId).ConfigureAwait(false);
                await change.ProvisionAsync([.. students]).ConfigureAwait(false);
                await change.ForgetNameAsync(userId, $"{person.User.FirstName} {person.User.LastName}".Trim()).ConfigureAwait(false);
                await change.EndLoginsAsync(userId).ConfigureAwait(false);
                return RosterResult<RosterUser>.Done(deleted[0]);
            },
            cancellationToken);

    private Task<RosterResult<T>> ChangeAsync<T>(long[] people, Func<RosterChange, Task<RosterResult<T>>> change, CancellationToken cancellationToken)
        where T : class =>
        RunAsync<T>(database, listeners, _ => Task.FromResult(people), async running => await change(running).ConfigureAwait(false), cancellationToken);

    /// <summary>The account with this user name: found again where all that is said of it is so, taken where not; null = the name is free.</summary>
    private async Task<RosterResult<RosterUser>?> FindNamesakeAsync(NewUser user, CancellationToken cancellationToken)
    {
        var found = await FindAsync(
            $"SELECT {UserColumns}, password_hash FROM users WHERE username = $1",
            row => Tuple.Create(ReadUser(row), row.IsDBNull(9) ? null : row.GetString(9)),
            Value(user.Username),
            cancellationToken).ConfigureAwait(false);
        if (found is not { Item1: var known, Item2: var stored }) return null;
        var same = (known.FirstName, known.LastName, known.Email, known.Role, known.IsAdministrator)
            == (user.FirstName.Trim(), user.LastName.Trim(), Blank(user.Email), user.Role, user.IsAdministrator);
        return same && (user.Password is null || DjangoPassword.Verify(user.Password, stored))
            ? RosterResult<RosterUser>.Done(known, changed: false)
            : RosterResult<RosterUser>.Refused(RosterFault.UsernameTaken, "username");
    }

    private async Task<T?> FindAsync<T>(string sql, Func<NpgsqlDataReader, T> read, NpgsqlParameter key, CancellationToken cancellationToken) where T : class
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return await QueryAsync(connection, sql, read, cancellationToken, key).ConfigureAwait(false) is [var found] ? found : null;
    }

    private static RosterResult<RosterUser> NoSuchUser() => RosterResult<RosterUser>.Refused(RosterFault.UserNotFound, UserIdField);

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static RosterUser ReadUser(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        Enum.Parse<Role>(row.GetString(5), ignoreCase: true),
        row.GetBoolean(6),
        row.GetBoolean(7),
        row.GetString(8));
}
