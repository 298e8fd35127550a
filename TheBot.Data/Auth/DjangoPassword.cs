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

    /// <summary>Compared with when there is no user: the same work, never a match.</summary>
    private static readonly byte[] NobodysSalt = "nobody"u8.ToArray();

    /// <summary>The stored form of a new password.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetString(SaltAlphabet, SaltLength);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, Encoding.UTF8.GetBytes(salt), Iterations, HashAlgorithmName.SHA256, HashBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Algorithm}${Iterations}${salt}${Convert.ToBase64String(hash)}");
    }

    /// <summary>Whether a password opens an account. Null, a leading <c>!</c> and other formats open to nobody, after the same work.</summary>
    public static bool Verify(string password, string? stored)
    {
        if (!TryParse(stored, out var iterations, out var salt, out var expected))
        {
            Rfc2898DeriveBytes.Pbkdf2(password, NobodysSalt, Iterations, HashAlgorithmName.SHA256, HashBytes);
            return false;
        }

        var actual = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes);
        return CryptographicOperations.FixedTimeEquals(actual, expected);
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
