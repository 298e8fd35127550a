namespace TheBot.Data.Schema;

/// <summary>What somebody does at school. Administration is a flag beside it (<see cref="User.IsAdministrator"/>), never a role.</summary>
/// <remarks>Stored by its lower-case name, as the wire has it.</remarks>
public enum Role
{
    Student,
    Teacher,
    Tutor,
    Parent,
}

/// <summary>A person with an account. Deleting one keeps the row (and everybody's history) and sets <see cref="DeletedAt"/>.</summary>
public sealed class User
{
    /// <summary>What a deleted person is called wherever their name stood.</summary>
    public const string DeletedName = "deleted";

    public long Id { get; set; }
    public required string Username { get; set; }
    public string? Email { get; set; }

    /// <summary>Django's format (<c>pbkdf2_sha256$iterations$salt$hash</c>); null or a leading <c>!</c> means that no password opens this account.</summary>
    public string? PasswordHash { get; set; }

    public string FirstName { get; set; } = "";
    public string LastName { get; set; } = "";
    public Role Role { get; set; }
    public bool IsAdministrator { get; set; }
    public bool IsActive { get; set; } = true;

    /// <summary>Belongs to the demo school: may log in where the environment is Development, nowhere else.</summary>
    public bool IsDemo { get; set; }

    /// <summary>Path below the media root, as the old system kept it.</summary>
    public string? Avatar { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>First and last name; empty when neither is known.</summary>
    public string FullName => PersonName.Full(FirstName, LastName);
}

/// <summary>How a person is called everywhere: first name, space, last name, trimmed.</summary>
public static class PersonName
{
    public static string Full(string first, string last) => $"{first} {last}".Trim();
}

/// <summary>A login; only the SHA-256 of its token is kept. A user has several (one a device). Those of this house never expire, those of a login provider do.</summary>
public sealed class AuthToken
{
    public required byte[] Hash { get; set; }

    /// <summary>What its owner calls it when they end it.</summary>
    public long Id { get; set; }

    public long UserId { get; set; }

    /// <summary>What the client called itself, or the login provider.</summary>
    public string? Device { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset LastUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Logins by a provider: when it ends by itself unless it is renewed. Null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>Opens one socket for the login that asked for it; only its SHA-256 is kept, until it is spent or over.</summary>
/// <remarks>Unlogged: after a crash of the database there are none, and clients ask for another.</remarks>
public sealed class SocketTicket
{
    public required byte[] Hash { get; set; }

    /// <summary>The login (<see cref="AuthToken.Hash"/>).</summary>
    public required byte[] TokenHash { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}
