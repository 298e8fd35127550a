using System.Net;
using System.Net.Http.Json;
using TheBot.ChatApi.Limits;
using TheBot.Contracts;

namespace TheBot.Tests.Limits;

/// <summary>What one address may fail at, and that it is failures that count.</summary>
[Collection(ScratchPostgresTests.Name)]
public class AddressLimitTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_address_that_fails_too_often_is_told_when_to_come_back_and_those_who_are_known_notice_nothing()
    {
        await using var school = await ApiSchool.OpenAsync(
            postgres,
            ("Chat__Limits__FailedLoginsBurst", "3"),
            ("Chat__Limits__FailedLoginsPerMinute", "1"),
            ("Chat__Limits__StrangersBurst", "2"),
            ("Chat__Limits__StrangersPerMinute", "1"));
        var (room, student, _) = await school.ClassAsync();
        using var client = school.Api.Rest();

        // a right password costs nothing, a wrong one does, for a name that exists and one that does not
        for (var i = 0; i < 3; i++)
        {
            using var right = await LoginAsync(client, student.Username, ApiSchool.Password);
            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
            using var wrong = await LoginAsync(client, i == 0 ? student.Username : "nobody", "guess");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var refused = await LoginAsync(client, student.Username, ApiSchool.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(60), refused.Headers.RetryAfter!.Delta);

        for (var i = 0; i < 2; i++) Assert.Equal(CloseCode.NotAuthenticated, await CloseAsync(school, $"/ws/chat/{room}/?token={new string('0', 40)}"));
        Assert.Equal(CloseCode.RateLimited, await CloseAsync(school, $"/ws/chat/{room}/?token={new string('0', 40)}"));
        Assert.Equal(CloseCode.RateLimited, await CloseAsync(school, "/ws/chat/"));
        await using var known = await school.SeedAsync(student, room);
        await known.SendAsync(new { type = "chat_message", content = "я тут" });
        await known.NextAsync("message_sent");
    }

    [Fact]
    public async Task Limits_that_make_no_sense_are_named_at_the_start()
    {
        await using var redis = await ScratchRedis.StartAsync();
        var (code, output) = await ApiProcess.EndAsync(
            await postgres.NewDatabaseAsync(), redis, ("Chat__Limits__MessagesBurst", "0"), ("Chat__Limits__SocketsPerPerson", "-1"));

        Assert.NotEqual(0, code);
        Assert.Contains(nameof(LimitOptions.MessagesBurst), output, StringComparison.Ordinal);
        Assert.Contains(nameof(LimitOptions.SocketsPerPerson), output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData(null, "255.255.255.255")]
    public void A_house_is_one_address(string? address, string key) =>
        Assert.Equal(IPAddress.Parse(key), AddressLimits.Key(address is null ? null : IPAddress.Parse(address)));

    private static Task<HttpResponseMessage> LoginAsync(HttpClient client, string username, string password) =>
        client.PostAsJsonAsync("/api/auth/login/", new { username, password }, Deadline.Token());

    private static async Task<int> CloseAsync(ApiSchool school, string path)
    {
        await using var socket = await SeedSocket.ConnectAsync(school.Api.Address, path);
        return await socket.CloseCodeAsync();
    }
}
