using System.Net;

namespace TheBot.Tests.Support;

/// <summary>What a replica says of itself.</summary>
internal static class Health
{
    /// <summary>Until the replica says <paramref name="wanted"/> (<c>Healthy</c>: the bell rings too), and that it is ready: a Redis that is away makes nobody unhealthy.</summary>
    public static Task UntilAsync(HttpClient replica, string wanted) => Deadline.UntilAsync(
        async () =>
        {
            using var answer = await replica.GetAsync("/health", Deadline.Token());
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync();
        },
        health => health.Contains($"\"status\":\"{wanted}\"", StringComparison.Ordinal),
        $"health {wanted}");
}
