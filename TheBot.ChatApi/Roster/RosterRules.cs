using TheBot.ChatApi.Http;
using TheBot.Data.Auth;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Roster;

/// <summary>What the roster's fields may be, for single calls and rows alike.</summary>
internal static class RosterRules
{
    public const int SubjectMaxLength = 200;
    public const int ExternalIdMaxLength = 100;

    public const int NameMaxLength = 150;
    public const int EmailMaxLength = 254;
    public const int PasswordMaxLength = 128;

    public static NewUser User(FieldRules rules, string? username, string? email, string? firstName, string? lastName, string? role, bool? isAdministrator) =>
        new(rules.Text("username", username, NameMaxLength), rules.Name<Role>("role", role))
        {
            FirstName = rules.Optional("first_name", firstName, NameMaxLength) ?? "",
            LastName = rules.Optional("last_name", lastName, NameMaxLength) ?? "",
            Email = rules.Optional("email", email, EmailMaxLength),
            IsAdministrator = isAdministrator ?? false,
        };

    public static NewUser User(FieldRules rules, UserRow row)
    {
        if (row.PasswordHash is { } hash && !(FieldRules.IsStorable(hash) && DjangoPassword.IsStoredForm(hash))) rules.Break("password_hash", "is not of the form pbkdf2_sha256$iterations$salt$hash");
        return User(rules, row.Username, row.Email, row.FirstName, row.LastName, row.Role, row.IsAdministrator) with { PasswordHash = row.PasswordHash };
    }

    public static UserChange Change(FieldRules rules, UserChangeBody body) => new()
    {
        FirstName = Changed(rules, "first_name", body.FirstName, NameMaxLength),
        LastName = Changed(rules, "last_name", body.LastName, NameMaxLength),
        Email = Changed(rules, "email", body.Email, EmailMaxLength),
        IsAdministrator = body.IsAdministrator,
    };

    /// <summary>A password in the clear; null = none opens the account yet.</summary>
    public static string? Password(FieldRules rules, string? password)
    {
        if (password is { Length: 0 or > PasswordMaxLength }) rules.Break("password", $"has 1 to {PasswordMaxLength} characters");
        return password;
    }

    public static NewSubject Subject(FieldRules rules, SubjectBody row) =>
        new(rules.Text("name", row.Name, SubjectMaxLength), rules.Text("external_id", row.ExternalId, ExternalIdMaxLength));

    public static NewEnrollment Enrollment(FieldRules rules, EnrollmentBody row) => new(
        rules.Id("student_id", row.StudentId),
        rules.Id("subject_id", row.SubjectId),
        rules.Id("teacher_id", row.TeacherId),
        rules.Optional("custom_subject_name", row.CustomSubjectName, SubjectMaxLength));

    /// <summary>A text that shall replace another: null = as it is, empty = none.</summary>
    public static string? Changed(FieldRules rules, string field, string? value, int maxLength) => value is null ? null : rules.Optional(field, value, maxLength) ?? "";
}
