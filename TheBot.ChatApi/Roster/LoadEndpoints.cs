using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Roster;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace TheBot.ChatApi.Roster;

/// <summary>Many rows in one call: a JSON array of what the single calls take. All are written or none, and one answer names every bad row.</summary>
internal static class LoadEndpoints
{
    private const int MaxBytes = 16 * 1024 * 1024;

    private const string Description =
        """
        All rows are written, or none: then the problem's `rows` names every row that is wrong, by its number (from 1), field, rule and code. Rows that say what is known
        change nothing, so a load may be repeated. Conversations go on meanwhile: the rows are written without holding a room, and the rooms follow soon after, those
        of 25 students at a time. `students_waiting` tells for how many they do not yet, and GET /api/v1/roster/provisioning how it goes on.
        """;

    public static void MapLoads(this RouteGroupBuilder roster)
    {
        Load<UserRow>(roster, "users", (JsonElement rows, SchoolRoster school, LoadDesk desk, CancellationToken ct) =>
            desk.LoadAsync<UserRow, NewUser>(rows, RosterRules.User, user => ("username", user.Username), (users, judgeOnly) => school.LoadUsersAsync(users, judgeOnly, ct), ct));
        Load<SubjectBody>(roster, "subjects", (JsonElement rows, SchoolRoster school, LoadDesk desk, CancellationToken ct) =>
            desk.LoadAsync<SubjectBody, NewSubject>(
                rows, RosterRules.Subject, subject => ("external_id", subject.ExternalId), (subjects, judgeOnly) => school.LoadSubjectsAsync(subjects, judgeOnly, ct), ct));
        Load<EnrollmentBody>(roster, "enrollments", (JsonElement rows, SchoolRoster school, LoadDesk desk, CancellationToken ct) =>
            desk.LoadAsync<EnrollmentBody, NewEnrollment>(
                rows, RosterRules.Enrollment, row => ("subject_id", (row.StudentId, row.SubjectId)), (all, judgeOnly) => school.LoadEnrollmentsAsync(all, judgeOnly, ct), ct));
        Load<TutorshipRow>(roster, "tutorships", (JsonElement rows, SchoolRoster school, LoadDesk desk, CancellationToken ct) =>
            desk.LoadAsync<TutorshipRow, RosterLink>(
                rows,
                (rules, row) => new(rules.Id("student_id", row.StudentId), rules.Id("tutor_id", row.TutorId)),
                link => ("tutor_id", link),
                (links, judgeOnly) => school.LoadTutorshipsAsync(links, judgeOnly, ct),
                ct));
        Load<GuardianshipRow>(roster, "guardianships", (JsonElement rows, SchoolRoster school, LoadDesk desk, CancellationToken ct) =>
            desk.LoadAsync<GuardianshipRow, RosterLink>(
                rows,
                (rules, row) => new(rules.Id("student_id", row.StudentId), rules.Id("guardian_id", row.GuardianId)),
                link => ("guardian_id", link),
                (links, judgeOnly) => school.LoadGuardianshipsAsync(links, judgeOnly, ct),
                ct));
        roster.MapGet("/provisioning", ProvisioningAsync).WithSummary("How many students' rooms do not follow the roster yet.");
    }

    private static async Task<Ok<ProvisioningAnswer>> ProvisioningAsync(RoomProvisioner provisioner, CancellationToken cancellationToken)
    {
        var waiting = await provisioner.CountWaitingAsync(cancellationToken);
        return TypedResults.Ok(new ProvisioningAnswer(waiting.Total, waiting.SetAside));
    }

    private static void Load<TRow>(
        RouteGroupBuilder roster,
        string what,
        Func<JsonElement, SchoolRoster, LoadDesk, CancellationToken, Task<Results<Ok<LoadAnswer>, ProblemHttpResult>>> load) =>
        roster.MapPost($"/{what}/bulk", load)
            .Accepts<TRow[]>("application/json")
            .WithMetadata(new RequestSizeLimitAttribute(MaxBytes))
            .WithSummary($"Up to {ChatLimits.RosterRowsMax:N0} {what} at once.")
            .WithDescription(Description);
}

/// <summary>Reads the rows of a load, has them judged and tells what is wrong with them, all at once.</summary>
internal sealed class LoadDesk(RoomProvisioner provisioner, IOptions<JsonOptions> json)
{
    /// <param name="body">The array as it came.</param>
    /// <param name="read">Makes of a row what the roster takes.</param>
    /// <param name="key">What no two rows may share, with the field to blame.</param>
    /// <param name="load">Writes rows that are well formed, or only judges them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Results<Ok<LoadAnswer>, ProblemHttpResult>> LoadAsync<TRow, TValue>(
        JsonElement body,
        Func<FieldRules, TRow, TValue> read,
        Func<TValue, (string Field, object Key)> key,
        Func<IReadOnlyList<TValue>, bool, Task<RosterLoad>> load,
        CancellationToken cancellationToken)
        where TRow : class
    {
        if (body.ValueKind != JsonValueKind.Array) return Problems.Invalid(("rows", "must be a JSON array"));
        if (body.GetArrayLength() > ChatLimits.RosterRowsMax) return Problems.Invalid(("rows", $"are more than {ChatLimits.RosterRowsMax}"));

        var bad = new List<BadRow>();
        var good = new List<(int Row, TValue Value)>();
        var seen = new Dictionary<object, int>();
        foreach (var (place, element) in body.EnumerateArray().Index())
        {
            var (row, rules) = (place + 1, new FieldRules());
            if (Read<TRow>(element, rules) is { } said && read(rules, said) is var value && !rules.AreBroken)
            {
                var (field, shared) = key(value);
                if (seen.TryAdd(shared, row)) good.Add((row, value));
                else rules.Break(field, $"is the same as in row {seen[shared]}");
            }

            bad.AddRange(rules.Errors.Select(error => new BadRow(row, error.Field, error.Message, ErrorCode.Validation)));
        }

        var done = await load([.. good.Select(row => row.Value)], bad.Count > 0);
        foreach (var fault in done.Faults)
        {
            var (_, code, rule) = RosterRefusals.Of(fault.Fault);
            bad.Add(new BadRow(good[fault.Row].Row, fault.Field, rule, code));
        }

        if (bad.Count > 0) return Refused([.. bad.OrderBy(row => row.Row)]);
        return TypedResults.Ok(new LoadAnswer(done.Changed, good.Count - done.Changed, done.Ids, (await provisioner.CountWaitingAsync(cancellationToken)).Total));
    }

    private TRow? Read<TRow>(JsonElement element, FieldRules rules) where TRow : class
    {
        try
        {
            if (element.ValueKind == JsonValueKind.Object) return element.Deserialize<TRow>(json.Value.SerializerOptions);
            rules.Break("", "is not a JSON object");
        }
        catch (JsonException wrong)
        {
            rules.Break(wrong.Path is ['$', '.', .. { Length: > 0 } field] ? field : "", "has a wrong type or form");
        }

        return null;
    }

    private static ProblemHttpResult Refused(BadRow[] rows)
    {
        var problem = Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCode.Validation, $"Nothing was written: {rows.DistinctBy(row => row.Row).Count()} rows are wrong, the first is row {rows[0].Row}.");
        problem.ProblemDetails.Extensions["rows"] = rows;
        return problem;
    }
}
