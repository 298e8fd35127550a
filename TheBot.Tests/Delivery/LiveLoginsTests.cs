using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Auth;
using TheBot.Data.Log;

namespace TheBot.Tests.Delivery;

/// <summary>A revocation reaches a connection whenever it comes: before the connection follows its owner's log, and after.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LiveLoginsTests(ScratchPostgres postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_login_that_ended_between_authentication_and_the_feeds_start_is_noticed(bool oneToken)
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        var tokens = Authenticators.Of(room.School.Database);
        var logins = new LiveLogins(room.Feeds, tokens);
        var revocation = new LoginRevocation(room.School.Database, room.School);
        var who = await LoginAsync(room, tokens);
        var other = await LoginAsync(room, tokens);

        await using var before = await ConnectAsync(logins, room, who); // the person's feed is open already, and its head is past this
        Assert.True(oneToken
            ? await revocation.RevokeAsync(who.UserId, who.LoginId, Deadline.Token())
            : await revocation.RevokeAllAsync(who.UserId, Deadline.Token()));
        var head = await room.School.ScalarAsync<long>("SELECT head_seq FROM user_heads WHERE user_id = $1", who.UserId);
        room.Feeds.UserHeadSeen(who.UserId, head); // as the sweep
        await before.Connection.UntilAsync(c => c.Texts.Contains("revoked"), "the feed's word");
        await using var late = await ConnectAsync(logins, room, who);
        await late.Connection.UntilAsync(c => c.Texts.Contains("revoked"), "the table's word");

        await using var others = await ConnectAsync(logins, room, other);
        others.Connection.Queue.Enqueue(new TestFrame(0, "end"));
        await others.Connection.UntilAsync(c => c.Texts.Contains("end"), "the end");
        Assert.Equal(oneToken ? ["end"] : ["revoked", "end"], others.Connection.Texts);
    }

    [Fact]
    public async Task Ending_a_login_twice_at_once_is_told_once()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        var who = await LoginAsync(room, Authenticators.Of(room.School.Database));
        var revocation = new LoginRevocation(room.School.Database, room.School);

        var ended = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => revocation.RevokeAsync(who.UserId, who.LoginId, Deadline.Token())));

        Assert.Single(ended, told => told);
        Assert.False(await revocation.RevokeAllAsync(who.UserId, Deadline.Token()));
        Assert.False(await revocation.RevokeAsync(room.Teacher, who.LoginId, Deadline.Token()));
        Assert.Single(room.School.Announced, c => c.UserEvents is [{ Kind: Data.Schema.UserEventKind.Revoked }]);
        await room.School.LogsAgreeAsync();
    }

    private static async Task<Identity> LoginAsync(Followers room, TokenAuthenticator tokens) =>
        (await tokens.FindAsync(await room.School.Database.LogInAsync(room.Student), Deadline.Token()))!;

    private static async Task<Opened> ConnectAsync(LiveLogins logins, Followers room, Identity who)
    {
        var connection = new FakeConnection(who, room.Options);
        await logins.OpenAsync(connection);
        return new Opened(connection, room.Feeds);
    }

    private sealed record Opened(FakeConnection Connection, Feeds Feeds) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            Feeds.Close(Connection);
            return ValueTask.CompletedTask;
        }
    }
}
