using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Http;
using TheBot.Data.Roster;

namespace TheBot.ChatApi.Roster;

/// <summary>Who learns what from whom: the rooms follow at once, and each answer names them.</summary>
internal static class EnrollmentEndpoints
{
    public static void MapEnrollments(this RouteGroupBuilder roster)
    {
        roster.MapPost("/enrollments", EnrollAsync).WithSummary("A student learns a subject from a teacher; the same again finds it (200 instead of 201).")
            .WithDescription("One that had ended or was deleted goes on in its old rooms.");
        var enrollment = roster.MapGroup("/enrollments/{id:long}");
        enrollment.MapGet("/", FindAsync).WithSummary("An enrollment with its rooms and its version as ETag.");
        enrollment.MapPatch("/", ChangeAsync).WithSummary("Another teacher takes over, or the course gets another name.").TakesIfMatch();
        enrollment.MapPut("/active", SetActiveAsync).WithSummary("The lessons end: their rooms can only be read. Or they go on.");
        enrollment.MapDelete("/", DeleteAsync).WithSummary("The enrollment was none: everybody is out of its rooms at once.")
            .WithDescription("What was said there stays and is seen by administrators only, until the student is enrolled again.");
    }

    private static async Task<Results<Created<EnrollmentAnswer>, Ok<EnrollmentAnswer>, ProblemHttpResult>> EnrollAsync(
        EnrollmentBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var asked = RosterRules.Enrollment(rules, body);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.EnrollAsync(asked.StudentId, asked.SubjectId, asked.TeacherId, asked.CustomSubjectName, cancellationToken);
        if (result.Value is not { } enrollment) return RosterRefusals.Of(result);
        return result.Changed
            ? TypedResults.Created($"/api/v1/roster/enrollments/{enrollment.Id}", EnrollmentAnswer.Of(enrollment))
            : TypedResults.Ok(EnrollmentAnswer.Of(enrollment));
    }

    private static async Task<Results<Ok<EnrollmentAnswer>, ProblemHttpResult>> FindAsync(
        long id, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        if (await roster.FindEnrollmentAsync(id, cancellationToken) is not { } enrollment) return Problems.NotFound("There is no such enrollment.");
        context.Response.SetVersion(enrollment.Version);
        return TypedResults.Ok(EnrollmentAnswer.Of(enrollment));
    }

    private static async Task<Results<Ok<EnrollmentAnswer>, ProblemHttpResult>> ChangeAsync(
        long id, EnrollmentChangeBody body, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var wanted = new EnrollmentChange
        {
            TeacherId = body.TeacherId,
            CustomSubjectName = RosterRules.Changed(rules, "custom_subject_name", body.CustomSubjectName, RosterRules.SubjectMaxLength),
        };
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        return Answer(await roster.ChangeEnrollmentAsync(id, wanted, context.Request.KnownVersions(), cancellationToken), context.Response);
    }

    private static async Task<Results<Ok<EnrollmentAnswer>, ProblemHttpResult>> SetActiveAsync(
        long id, AccountEndpoints.ActiveBody body, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        if (body.Active is not { } active) return Problems.Invalid(("active", "is required"));
        return Answer(active ? await roster.ReactivateAsync(id, cancellationToken) : await roster.EndEnrollmentAsync(id, cancellationToken), context.Response);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(long id, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var result = await roster.DeleteEnrollmentAsync(id, cancellationToken);
        return result.Value is null ? RosterRefusals.Of(result) : TypedResults.NoContent();
    }

    private static Results<Ok<EnrollmentAnswer>, ProblemHttpResult> Answer(RosterResult<RosterEnrollment> result, HttpResponse response)
    {
        if (result.Value is not { } enrollment) return RosterRefusals.Of(result);
        response.SetVersion(enrollment.Version);
        return TypedResults.Ok(EnrollmentAnswer.Of(enrollment));
    }
}
