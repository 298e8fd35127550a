using Npgsql;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

public sealed partial class SchoolRoster
{
    private const string SubjectIdField = "subject_id";
    private const string SubjectColumns = "id, name, external_id, md5(name)";

    /// <summary>Adds a subject; names are not unique. With the school's own key the same again finds it, without one each call makes another.</summary>
    public Task<RosterResult<RosterSubject>> CreateSubjectAsync(string name, string? externalId, CancellationToken cancellationToken) =>
        ChangeAsync(
            [],
            async change =>
            {
                var created = await change.QueryAsync(
                    $"INSERT INTO subjects (name, external_id) VALUES ($1, $2) ON CONFLICT (external_id) DO NOTHING RETURNING {SubjectColumns}",
                    ReadSubject,
                    Value(name.Trim()),
                    Value(Blank(externalId))).ConfigureAwait(false);
                if (created is [var subject]) return RosterResult<RosterSubject>.Done(subject);
                var known = await change.QueryAsync($"SELECT {SubjectColumns} FROM subjects WHERE external_id = $1", ReadSubject, Value(Blank(externalId))).ConfigureAwait(false);
                return known is [var found] && found.Name == name.Trim()
                    ? RosterResult<RosterSubject>.Done(found, changed: false)
                    : RosterResult<RosterSubject>.Refused(RosterFault.ExternalIdTaken, "external_id");
            },
            cancellationToken);

    /// <summary>A subject of the roster, or null.</summary>
    public Task<RosterSubject?> FindSubjectAsync(long subjectId, CancellationToken cancellationToken) =>
        FindAsync($"SELECT {SubjectColumns} FROM subjects WHERE id = $1", ReadSubject, Value(subjectId), cancellationToken);

    /// <summary>Renames a subject; the rooms that carry its name follow.</summary>
    /// <param name="subjectId">Which.</param>
    /// <param name="name">Its new name.</param>
    /// <param name="knownVersions">The <see cref="RosterSubject.Version"/> that the asking person knows, or several of which it is one; null = any.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public Task<RosterResult<RosterSubject>> RenameSubjectAsync(long subjectId, string name, string[]? knownVersions, CancellationToken cancellationToken)
    {
        const string Students = "SELECT DISTINCT student_id FROM enrollments WHERE subject_id = $1";
        return RunAsync<RosterSubject>(
            database,
            listeners,
            async connection => [.. await QueryAsync(connection, Students, row => row.GetInt64(0), cancellationToken, Value(subjectId)).ConfigureAwait(false)],
            async change =>
            {
                var found = await change.QueryAsync($"SELECT {SubjectColumns} FROM subjects WHERE id = $1 FOR NO KEY UPDATE", ReadSubject, Value(subjectId)).ConfigureAwait(false);
                if (found is not [var subject]) return RosterResult<RosterSubject>.Refused(RosterFault.SubjectNotFound, SubjectIdField);
                if (subject.Name == name.Trim()) return RosterResult<RosterSubject>.Done(subject, changed: false);
                if (knownVersions?.Contains(subject.Version) is false) return RosterResult<RosterSubject>.Refused(RosterFault.Outdated, SubjectIdField);
                var renamed = await change.QueryAsync(
                    $"UPDATE subjects SET name = $2 WHERE id = $1 RETURNING {SubjectColumns}", ReadSubject, Value(subjectId), Value(name.Trim())).ConfigureAwait(false);

                // with the subject's row held, nobody can enroll in it: this list is complete
                var students = await change.QueryAsync(Students, row => row.GetInt64(0), Value(subjectId)).ConfigureAwait(false);
                if (!change.Holds(students)) return null;
                await change.ProvisionAsync([.. students]).ConfigureAwait(false);
                return RosterResult<RosterSubject>.Done(renamed[0]);
            },
            cancellationToken);
    }

    private static RosterSubject ReadSubject(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3));
}
