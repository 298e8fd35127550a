using TheBot.ChatApi.Auth;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>Opens a connection's own log so that no revocation is missed, also one that came between authentication and now.</summary>
internal sealed class LiveLogins(Feeds feeds, TokenAuthenticator tokens)
{
    /// <summary>As <see cref="Feeds.OpenAsync"/>; a connection whose login ended meanwhile is told as by its log, and closes.</summary>
    public async Task OpenAsync(LiveConnection connection)
    {
        await feeds.OpenAsync(connection).ConfigureAwait(false);
        if (feeds.Leaving.IsCancellationRequested) connection.GoAway(); // somebody who was in the door when it began
        try
        {
            // from here on the log tells; what happened before is in the table
            if (await tokens.IsValidAsync(connection.Who, CancellationToken.None).ConfigureAwait(false)) return;
            connection.Tell(new UserEvent(connection.UserId, 0, UserEventKind.Revoked, null, connection.Who.TokenHash));
        }
        catch
        {
            feeds.Close(connection);
            throw;
        }
    }
}
