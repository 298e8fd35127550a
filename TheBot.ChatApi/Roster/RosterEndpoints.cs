using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Roster;

/// <summary><c>/api/v1/roster</c>: how the school tells who learns what from whom. Administrators only; every call may be repeated.</summary>
internal static class RosterEndpoints
{

    /// <summary>Registers the school's verbs, and what lets rooms follow a load.</summary>
    public static IServiceCollection AddRoster(this IServiceCollection services)
    {
        services.TryAddSingleton<RoomProvisioner>();
        services.TryAddSingleton<SchoolRoster>();
        services.TryAddSingleton<LoadDesk>();
        return services.AddHostedService<Provisioning>();
    }

    public static void MapRoster(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/roster").RequireAuthorization(TokenAuthenticationHandler.AdministratorPolicy).WithTags("roster");
        group.MapUsers();
        group.MapSubjects();
        group.MapEnrollments();
        group.MapLoads();

        group.MapPut("/students/{studentId:long}/guardians/{adultId:long}", AddGuardianAsync).WithSummary("A parent answers for a student, and is in the student's rooms at once.");
        group.MapDelete("/students/{studentId:long}/guardians/{adultId:long}", RemoveGuardianAsync).WithSummary("A parent answers for a student no longer, and is out at once.");
        group.MapPut("/students/{studentId:long}/tutors/{adultId:long}", AssignTutorAsync).WithSummary("A tutor looks after a student, and is in the tutors' rooms at once.");
        group.MapDelete("/students/{studentId:long}/tutors/{adultId:long}", RemoveTutorAsync).WithSummary("A tutor looks after a student no longer, and is out at once.");
    }

    private static void MapUsers(this RouteGroupBuilder group)
    {
        group.MapPost("/users", CreateUserAsync).WithSummary("Makes an account; the same again finds it (200 instead of 201).");
        group.MapGet("/users/{id:long}", FindUserAsync).WithSummary("An account, with its version as ETag.");
        group.MapPatch("/users/{id:long}", ChangeUserAsync).WithSummary("Changes names, address or the administrator's flag; rooms that carry the name follow.").TakesIfMatch();
        group.MapDelete("/users/{id:long}", DeleteUserAsync).WithSummary("Deletes an account for good; what the person wrote stays, by the name \"deleted\".");
    }

    private static void MapSubjects(this RouteGroupBuilder group)
    {
        group.MapPost("/subjects", CreateSubjectAsync).WithSummary("Adds a subject; the same again finds it (200 instead of 201), by external_id.");
        group.MapGet("/subjects/{id:long}", FindSubjectAsync).WithSummary("A subject, with its version as ETag.");
        group.MapPatch("/subjects/{id:long}", RenameSubjectAsync).WithSummary("Renames a subject; the rooms that carry its name follow, those of many students soon after.").TakesIfMatch();
    }

    private static async Task<Results<Created<UserAnswer>, Ok<UserAnswer>, ProblemHttpResult>> CreateUserAsync(
        UserBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var user = RosterRules.User(rules, body.Username, body.Email, body.FirstName, body.LastName, body.Role, body.IsAdministrator) with
        {
            Password = RosterRules.Password(rules, body.Password),
        };
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.CreateUserAsync(user, cancellationToken);
        if (result.Value is not { } made) return RosterRefusals.Of(result);
        return result.Changed ? TypedResults.Created($"/api/v1/roster/users/{made.Id}", UserAnswer.Of(made)) : TypedResults.Ok(UserAnswer.Of(made));
    }

    private static async Task<Results<Ok<UserAnswer>, ProblemHttpResult>> FindUserAsync(
        long id, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        if (await roster.FindUserAsync(id, cancellationToken) is not { } user) return Problems.NotFound("There is no such user.");
        context.Response.SetVersion(user.Version);
        return TypedResults.Ok(UserAnswer.Of(user));
    }

    private static async Task<Results<Ok<UserAnswer>, ProblemHttpResult>> ChangeUserAsync(
        long id, UserChangeBody body, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var wanted = RosterRules.Change(rules, body);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        // or the school's only administrator could lock themselves out
        if (body.IsAdministrator is false && id == context.Identity()!.UserId) return Problems.Invalid(("is_administrator", "is your own, which another administrator may take away"));
        var result = await roster.ChangeUserAsync(id, wanted, context.Request.KnownVersions(), cancellationToken);
        if (result.Value is not { } user) return RosterRefusals.Of(result);
        context.Response.SetVersion(user.Version);
        return TypedResults.Ok(UserAnswer.Of(user));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteUserAsync(
        long id, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        if (id == context.Identity()!.UserId) return Problems.Invalid(("id", "is your own account, which another administrator may delete"));
        var result = await roster.DeleteUserAsync(id, cancellationToken);
        return result.Value is null ? RosterRefusals.Of(result) : TypedResults.NoContent();
    }

    private static async Task<Results<Created<SubjectAnswer>, Ok<SubjectAnswer>, ProblemHttpResult>> CreateSubjectAsync(
        SubjectBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var (name, externalId) = (rules.Text("name", body.Name, RosterRules.SubjectMaxLength), rules.Optional("external_id", body.ExternalId, RosterRules.ExternalIdMaxLength));
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.CreateSubjectAsync(name, externalId, cancellationToken);
        if (result.Value is not { } made) return RosterRefusals.Of(result);
        return result.Changed ? TypedResults.Created($"/api/v1/roster/subjects/{made.Id}", SubjectAnswer.Of(made)) : TypedResults.Ok(SubjectAnswer.Of(made));
    }

    private static async Task<Results<Ok<SubjectAnswer>, ProblemHttpResult>> FindSubjectAsync(
        long id, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        if (await roster.FindSubjectAsync(id, cancellationToken) is not { } subject) return Problems.NotFound("There is no such subject.");
        context.Response.SetVersion(subject.Version);
        return TypedResults.Ok(SubjectAnswer.Of(subject));
    }

    private static async Task<Results<Ok<SubjectAnswer>, ProblemHttpResult>> RenameSubjectAsync(
        long id, SubjectChangeBody body, SchoolRoster roster, HttpContext context, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var name = rules.Text("name", body.Name, RosterRules.SubjectMaxLength);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.RenameSubjectAsync(id, name, context.Request.KnownVersions(), cancellationToken);
        if (result.Value is not { } subject) return RosterRefusals.Of(result);
        context.Response.SetVersion(subject.Version);
        return TypedResults.Ok(SubjectAnswer.Of(subject));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AddGuardianAsync(
        long studentId, long adultId, SchoolRoster roster, CancellationToken cancellationToken) =>
        Answer(await roster.AddGuardianAsync(studentId, adultId, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveGuardianAsync(
        long studentId, long adultId, SchoolRoster roster, CancellationToken cancellationToken) =>
        Answer(await roster.RemoveGuardianAsync(studentId, adultId, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> AssignTutorAsync(
        long studentId, long adultId, SchoolRoster roster, CancellationToken cancellationToken) =>
        Answer(await roster.AssignTutorAsync(studentId, adultId, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveTutorAsync(
        long studentId, long adultId, SchoolRoster roster, CancellationToken cancellationToken) =>
        Answer(await roster.RemoveTutorAsync(studentId, adultId, cancellationToken));

    private static Results<NoContent, ProblemHttpResult> Answer(RosterResult<RosterLink> result) =>
        result.Value is null ? RosterRefusals.Of(result) : TypedResults.NoContent();
}
