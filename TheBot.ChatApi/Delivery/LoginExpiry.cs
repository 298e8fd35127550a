using Npgsql;
using TheBot.ChatApi.Auth;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>Closes the connections of logins that have expired. One that was renewed meanwhile goes on, whatever connection it was renewed through.</summary>
internal sealed class LoginExpiry(Feeds feeds, TokenAuthenticator tokens, TimeProvider time, ILogger<LoginExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var now = time.GetUtcNow();
            var due = feeds.Connections.Where(connection => connection.Who.ExpiresAt <= now).ToList();
            if (due.Count == 0) continue;
            try
            {
                var valid = await tokens.StillValidAsync(due.Select(connection => connection.Who), stoppingToken).ConfigureAwait(false);
                foreach (var expired in due.Where(connection => !valid.Contains(connection.Who.LoginId)))
                    expired.Tell(new UserEvent(expired.UserId, 0, UserEventKind.Revoked, null, expired.Who.TokenHash));
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                DeliveryLog.ExpiryUnread(logger, e);
            }
        }
    }
}
