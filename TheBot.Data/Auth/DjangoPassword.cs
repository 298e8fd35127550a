using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TheBot.Data.Auth;

/// <summary>Passwords as Django keeps them: <c>pbkdf2_sha256$iterations$salt$base64</c>, so that accounts move over with their passwords.</summary>
public static class DjangoPassword
{
    private const string Algorithm = "pbkdf2_sha256";
    private const int HashBytes = 32;
    private const string SaltAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int SaltLength = 22;

    /// <summary>What new passwords cost (the default of Django 5.2); also what refusing an unknown user costs.</summary>
    private const int Iterations = 1_000_000;

    /// <summary>An imported row must not be able to keep a core busy for minutes.</summary>
    private const int MaxIterations = 10_000_000;

    /// <summary>For the work that a refusal still owes: never a match.</summary>
    private static readonly byte[] NobodysSalt = "nobody"u8.ToArray();

    /// <summary>The stored form of a new password.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetString(SaltAlphabet, SaltLength);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, Encoding.UTF8.GetBytes(salt), Iterations, HashAlgorithmName.SHA256, HashBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Algorithm}${Iterations}${salt}${Convert.ToBase64String(hash)}");
    }

    /// <summary>Whether a password opens an account. Null, a leading <c>!</c> and other formats open to nobody.</summary>
    /// <remarks>A refusal costs the same work whatever is stored, or its time would tell an imported account from one that is none; only what is stored with more costs more.</remarks>
    public static bool Verify(string password, string? stored)
    {
        var done = 0;
        if (TryParse(stored, out var iterations, out var salt, out var expected))
        {
            var actual = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes);
            if (CryptographicOperations.FixedTimeEquals(actual, expected)) return true;
            done = iterations;
        }

        if (done < Iterations) Rfc2898DeriveBytes.Pbkdf2(password, NobodysSalt, Iterations - done, HashAlgorithmName.SHA256, HashBytes);
        return false;
    }

    /// <summary>Whether a password that opens an account should be stored anew because guessing it has become too cheap.</summary>
    public static bool IsWeak(string? stored) => TryParse(stored, out var iterations, out _, out _) && iterations < Iterations;

    /// <summary>Whether this is the stored form of a password that can open an account.</summary>
    public static bool IsStoredForm(string stored) => TryParse(stored, out _, out _, out _);

    private static bool TryParse(string? stored, out int iterations, out byte[] salt, out byte[] hash)
    {
        iterations = 0;
        salt = [];
        hash = [];
        if (stored?.Split('$') is not [Algorithm, var count, var saltText, var hashText]) return false;
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out iterations) || iterations is < 1 or > MaxIterations) return false;
        if (!Base64.IsValid(hashText)) return false;
        salt = Encoding.UTF8.GetBytes(saltText);
        hash = Convert.FromBase64String(hashText);
        return hash.Length == HashBytes;
    }
}
