using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Auth;

/// <summary>Somebody with several devices sees their logins and ends those that they want to end.</summary>
[Collection(ScratchPostgresTests.Name)]
public class OwnLoginTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Logins_are_listed_and_ended_one_by_one_or_all_others()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var student = await school.PersonAsync();
        var (laptop, phone, tablet) = (await LogInAsync(school, student, "laptop"), await LogInAsync(school, student, "phone"), await LogInAsync(school, student, "tablet"));
        await using var onPhone = await school.V1Async(phone);
        await using var onTablet = await school.V1Async(tablet);
        using var rest = school.Api.Rest(laptop.Token);

        var logins = await ListAsync(rest);
        Assert.Equal(["laptop", "phone", "tablet", "test"], logins.Select(login => (string)login["device"]!).Order(StringComparer.Ordinal));
        Assert.Equal("laptop", (string)Assert.Single(logins, login => (bool)login["is_current"]!)["device"]!);
        Assert.All(logins, login => Assert.Null(login["expires_at"]));

        var id = (long)logins.Single(login => (string)login["device"]! == "phone")["id"]!;
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(rest, $"/api/v1/auth/tokens/{id}"));
        Assert.Equal(CloseCode.Revoked, await onPhone.CloseCodeAsync());
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(rest, $"/api/v1/auth/tokens/{id}"));
        await onTablet.SendAsync(new { type = V1Type.Ping });
        await onTablet.NextAsync(V1Type.Pong);

        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(rest, "/api/v1/auth/tokens/others"));
        Assert.Equal(CloseCode.Revoked, await onTablet.CloseCodeAsync());
        Assert.Equal("laptop", (string)Assert.Single(await ListAsync(rest))["device"]!);
        using var test = school.Api.Rest(student.Token);
        using var ended = await test.GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
    }

    [Fact]
    public async Task Nobody_ends_the_login_of_somebody_else()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (mine, theirs) = (await school.PersonAsync(), await school.PersonAsync());
        using var their = school.Api.Rest(theirs.Token);
        var id = (long)Assert.Single(await ListAsync(their))["id"]!;
        using var my = school.Api.Rest(mine.Token);

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(my, $"/api/v1/auth/tokens/{id}"));

        Assert.Single(await ListAsync(their));
    }

    /// <summary>Cut at 200 characters, and never within one: half a character is nothing that a database takes.</summary>
    [Fact]
    public async Task A_device_may_call_itself_what_it_likes()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var student = await school.PersonAsync();
        var device = new string('x', 199) + "😀 and so on";
        var login = await LogInAsync(school, student, device);
        using var rest = school.Api.Rest(login.Token);

        Assert.Equal(new string('x', 199), (string)(await ListAsync(rest)).Single(item => (bool)item["is_current"]!)["device"]!);
    }

    private static async Task<Person> LogInAsync(ApiSchool school, Person person, string device)
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        using var client = new HttpClient(handler) { BaseAddress = school.Api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/login/") { Content = JsonContent.Create(new { username = person.Username, password = ApiSchool.Password }) };
        request.Headers.TryAddWithoutValidation("User-Agent", device);
        using var answer = await client.SendAsync(request, Deadline.Token());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return person with { Token = (string)(await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["data"]!["token"]! };
    }

    private static async Task<List<JsonObject>> ListAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<List<JsonObject>>("/api/v1/auth/tokens", Deadline.Token()))!;

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient client, string path)
    {
        using var answer = await client.DeleteAsync(path, Deadline.Token());
        return answer.StatusCode;
    }
}
