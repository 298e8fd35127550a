using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TheBot.Tests.Support;

/// <summary>An authority made for one test, and certificates of it for 127.0.0.1 and for people, as PEM files in a folder that goes with it.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly string _folder = Directory.CreateTempSubdirectory("thebot-certificates-").FullName;
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority of a test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _authority = request.CreateSelfSigned(From, From.AddDays(30));
        Root = Write("root.crt", _authority.ExportCertificatePem());
    }

    /// <summary>The authority's own certificate.</summary>
    public string Root { get; }

    /// <summary>A certificate with its key, which only its owner may read.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="folder">Where to; null = this one's folder.</param>
    public (string Certificate, string Key) Issue(string name, string? folder = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_authority, From, From.AddDays(30), RandomNumberGenerator.GetBytes(8));
        return (Write($"{name}.crt", certificate.ExportCertificatePem(), folder), Write($"{name}.key", key.ExportPkcs8PrivateKeyPem(), folder));
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Write(string file, string pem, string? folder = null)
    {
        var path = Path.Combine(folder ?? _folder, file);
        File.WriteAllText(path, pem);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
