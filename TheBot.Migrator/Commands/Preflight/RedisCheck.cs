using System.Globalization;
using StackExchange.Redis;

namespace TheBot.Migrator.Commands.Preflight;

/// <summary>The checklist's line about Redis. Without it messages arrive later and none is lost, so nothing here stops a deploy.</summary>
internal static class RedisCheck
{
    private const string Name = "redis";
    private const int PatienceMilliseconds = 3000;

    public static async Task<Check> RunAsync(string? connectionString, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            return Check.Warn(Name, "ConnectionStrings:redis is not set here, so nobody looked", "set it to what the replicas have");
        try
        {
            var options = ConfigurationOptions.Parse(connectionString);
            (options.AbortOnConnectFail, options.ConnectTimeout, options.AsyncTimeout, options.ConnectRetry) = (true, PatienceMilliseconds, PatienceMilliseconds, 1);
            var started = time.GetTimestamp();
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
            var ping = await redis.GetDatabase().PingAsync().ConfigureAwait(false);
            var version = redis.GetServers().FirstOrDefault(server => server.IsConnected)?.Version;
            return Check.Ok(Name, string.Create(
                CultureInfo.InvariantCulture, $"Redis {version}, answers in {ping.TotalMilliseconds:N1} ms, connected in {time.GetElapsedTime(started).TotalMilliseconds:N0} ms"));
        }
        catch (Exception away) when (away is RedisException or TimeoutException or ArgumentException)
        {
            // its message goes on about timeouts and queues after the first sentence
            return Check.Warn(Name, away.Message.ReplaceLineEndings(" ").Split(". ")[0], "start it, or correct ConnectionStrings:redis; until then delivery between replicas is slower");
        }
    }
}
