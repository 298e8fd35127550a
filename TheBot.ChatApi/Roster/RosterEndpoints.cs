using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Auth;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Roster;

/// <summary><c>/api/v1/roster</c>: how the school tells who learns what from whom. Administrators only; every call may be repeated.</summary>
internal static class RosterEndpoints
{
    private const int NameMaxLength = 150;
    private const int SubjectMaxLength = 200;
    private const int EmailMaxLength = 254;
    private const int PasswordMaxLength = 128;

    /// <summary>Registers the school's verbs.</summary>
    public static IServiceCollection AddRoster(this IServiceCollection services)
    {
        services.TryAddSingleton<RoomProvisioner>();
        services.TryAddSingleton<SchoolRoster>();
        return services;
    }

    public static RouteGroupBuilder MapRoster(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/roster").RequireAuthorization(TokenAuthenticationHandler.AdministratorPolicy).WithTags("roster");
        group.MapPost("/users", CreateUserAsync);
        group.MapPost("/subjects", CreateSubjectAsync);
        group.MapPost("/enrollments", EnrollAsync);
        group.MapDelete("/enrollments/{id:long}", EndEnrollmentAsync);
        group.MapPut("/students/{studentId:long}/guardians/{adultId:long}", AddGuardianAsync);
        group.MapDelete("/students/{studentId:long}/guardians/{adultId:long}", RemoveGuardianAsync);
        group.MapPut("/students/{studentId:long}/tutors/{adultId:long}", AssignTutorAsync);
        group.MapDelete("/students/{studentId:long}/tutors/{adultId:long}", RemoveTutorAsync);
        return group;
    }

    private static async Task<Results<Created<UserAnswer>, ProblemHttpResult>> CreateUserAsync(
        UserBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var user = new NewUser(rules.Text("username", body.Username, NameMaxLength), rules.Name<Role>("role", body.Role))
        {
            FirstName = rules.Optional("first_name", body.FirstName, NameMaxLength) ?? "",
            LastName = rules.Optional("last_name", body.LastName, NameMaxLength) ?? "",
            Email = rules.Optional("email", body.Email, EmailMaxLength),
            IsAdministrator = body.IsAdministrator ?? false,
        };
        if (body.Password is { Length: 0 or > PasswordMaxLength }) return Problems.Invalid([.. rules.Errors, ("password", $"has 1 to {PasswordMaxLength} characters")]);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);

        if (body.Password is { } password) user = user with { PasswordHash = DjangoPassword.Hash(password) };
        var result = await roster.CreateUserAsync(user, cancellationToken);
        return result.Value is { } made
            ? TypedResults.Created((string?)null, new UserAnswer(
                made.Id,
                made.Username,
                made.FirstName,
                made.LastName,
                PersonName.Full(made.FirstName, made.LastName),
                made.Role.ToString().ToLowerInvariant(),
                made.IsAdministrator))
            : Refusal(result);
    }

    private static async Task<Results<Created<SubjectAnswer>, ProblemHttpResult>> CreateSubjectAsync(
        SubjectBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var name = rules.Text("name", body.Name, SubjectMaxLength);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.CreateSubjectAsync(name, cancellationToken);
        return result.Value is { } made ? TypedResults.Created((string?)null, new SubjectAnswer(made.Id, made.Name)) : Refusal(result);
    }

    private static async Task<Results<Created<EnrollmentAnswer>, Ok<EnrollmentAnswer>, ProblemHttpResult>> EnrollAsync(
        EnrollmentBody body, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var rules = new FieldRules();
        var student = rules.Id("student_id", body.StudentId);
        var subject = rules.Id("subject_id", body.SubjectId);
        var teacher = rules.Id("teacher_id", body.TeacherId);
        var customName = rules.Optional("custom_subject_name", body.CustomSubjectName, SubjectMaxLength);
        if (rules.AreBroken) return Problems.Invalid(rules.Errors);
        var result = await roster.EnrollAsync(student, subject, teacher, customName, cancellationToken);
        if (result.Value is not { } enrollment) return Refusal(result);
        return result.Changed ? TypedResults.Created((string?)null, Show(enrollment)) : TypedResults.Ok(Show(enrollment));
    }

    private static async Task<Results<Ok<EnrollmentAnswer>, ProblemHttpResult>> EndEnrollmentAsync(
        long id, SchoolRoster roster, CancellationToken cancellationToken)
    {
        var result = await roster.EndEnrollmentAsync(id, cancellationToken);
        return result.Value is { } enrollment ? TypedResults.Ok(Show(enrollment)) : Refusal(result);
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
        result.Value is null ? Refusal(result) : TypedResults.NoContent();

    private static EnrollmentAnswer Show(RosterEnrollment enrollment) => new(
        enrollment.Id,
        enrollment.StudentId,
        enrollment.SubjectId,
        enrollment.TeacherId,
        enrollment.CustomSubjectName,
        enrollment.IsActive,
        enrollment.Rooms.Select(room => new RoomAnswer(room.Id, room.Kind.ToWire(), room.Name)));

    private static ProblemHttpResult Refusal<T>(RosterResult<T> result) where T : class
    {
        var field = result.Field ?? "";
        return result.Fault switch
        {
            RosterFault.UserNotFound => Missing("there is no such user"),
            RosterFault.SubjectNotFound => Missing("there is no such subject"),
            RosterFault.EnrollmentNotFound => Missing("there is no such enrollment"),
            RosterFault.WrongRole => Problems.Invalid((field, "has another role than this place asks for")),
            RosterFault.UsernameTaken => Taken(ErrorCode.UsernameTaken, "belongs to somebody else"),
            RosterFault.AnotherTeacher => Taken(ErrorCode.AnotherTeacher, "is taught by another teacher at present; end that enrollment first"),
            _ => throw new InvalidOperationException($"a refusal without a reason: {result.Fault}"),
        };

        ProblemHttpResult Missing(string message) => Problems.Of(StatusCodes.Status404NotFound, ErrorCode.NotFound, $"{field}: {message}", (field, message));

        ProblemHttpResult Taken(string code, string message) => Problems.Of(StatusCodes.Status409Conflict, code, $"{field}: {message}", (field, message));
    }
}
