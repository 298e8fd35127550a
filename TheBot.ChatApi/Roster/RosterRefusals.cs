using Microsoft.AspNetCore.Http.HttpResults;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Roster;

namespace TheBot.ChatApi.Roster;

/// <summary>What the roster's faults are to a client.</summary>
internal static class RosterRefusals
{
    public static ProblemHttpResult Of<T>(RosterResult<T> result) where T : class
    {
        var (field, (status, code, rule)) = (result.Field ?? "", Of(result.Fault));
        return Problems.Of(status, code, $"{field}: {rule}", (field, rule));
    }

    /// <summary>Status, code and the rule that is broken.</summary>
    public static (int Status, string Code, string Rule) Of(RosterFault? fault) => fault switch
    {
        RosterFault.UserNotFound => (StatusCodes.Status404NotFound, ErrorCode.NotFound, "there is no such user"),
        RosterFault.SubjectNotFound => (StatusCodes.Status404NotFound, ErrorCode.NotFound, "there is no such subject"),
        RosterFault.EnrollmentNotFound => (StatusCodes.Status404NotFound, ErrorCode.NotFound, "there is no such enrollment"),
        RosterFault.WrongRole => (StatusCodes.Status400BadRequest, ErrorCode.Validation, "has another role than this place asks for"),
        RosterFault.UsernameTaken => (StatusCodes.Status409Conflict, ErrorCode.UsernameTaken, "belongs to somebody else"),
        RosterFault.ExternalIdTaken => (StatusCodes.Status409Conflict, ErrorCode.ExternalIdTaken, "belongs to a subject of another name"),
        RosterFault.AnotherTeacher =>
            (StatusCodes.Status409Conflict, ErrorCode.AnotherTeacher, "is taught by another teacher at present; end that enrollment first"),
        RosterFault.EnrollmentExists =>
            (StatusCodes.Status409Conflict, ErrorCode.EnrollmentExists, "taught this student this subject before; end this enrollment and enroll the student with them again"),
        RosterFault.Outdated => (StatusCodes.Status412PreconditionFailed, ErrorCode.Outdated, "was changed by somebody else since it was read"),
        _ => throw new InvalidOperationException($"a refusal without a reason: {fault}"),
    };
}
