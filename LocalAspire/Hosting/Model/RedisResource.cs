using System.IO.Hashing;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public class RedisResource(string name, ParameterResource password) : ContainerResource(name, password, "docker.io/library/redis:8.6")
{
    private const string Tls = ",ssl=true";

    // the public manifest's name for "is there TLS": "cond-", the condition as words, xxHash32 over the condition, the texts of both cases and the value that it is compared with
    internal string TlsCondition =>
        $"cond-{Name}-bindings-tcp-tlsenabled-{Convert.ToHexStringLower(XxHash32.Hash(Encoding.UTF8.GetBytes($"{PrimaryEndpoint.Expression("tlsEnabled")}{Tls}{true}")))}";

    internal override string Entrypoint => "/bin/sh";

    // only the real Aspire starts servers with TLS
    private protected override ReferenceExpression Own =>
        ReferenceExpression.Create($"{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port},password={Password}{new ExpressionValue($"{{{TlsCondition}.connectionString}}", () => "")}");

    private protected override IEnumerable<(string Name, ReferenceExpression Value)> OwnProperties() =>
    [
        ("Host", ReferenceExpression.Create($"{PrimaryEndpoint.Host}")),
        ("Port", ReferenceExpression.Create($"{PrimaryEndpoint.Port}")),
        ("Password", ReferenceExpression.Create($"{Password}")),
        ("Uri", ReferenceExpression.Create($"{PrimaryEndpoint.Scheme}://:{Password:uri}@{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port}")),
    ];
}
