using System.Net;
using System.Net.Http.Json;
using TheBot.Data.Auth;

namespace TheBot.Tests.Auth;

/// <summary>Passwords as the replaced system kept them.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class PasswordTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_old_password_opens_its_account_and_is_stored_anew_at_the_first_login_that_knows_it()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var person = await school.PersonAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync(school, person, "Secret"));
        Assert.Equal(ApiSchool.StoredPassword, await StoredAsync());
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(school, person, ApiSchool.Password));
        var anew = await StoredAsync();
        Assert.StartsWith("pbkdf2_sha256$1000000$", anew, StringComparison.Ordinal);
        Assert.True(DjangoPassword.Verify(ApiSchool.Password, anew));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(school, person, ApiSchool.Password));
        Assert.Equal(anew, await StoredAsync());

        Task<string> StoredAsync() => school.School.ScalarAsync<string>("SELECT password_hash FROM users WHERE id = $1", person.Id);
    }

    /// <summary>Django writes <c>!</c> where a password shall open nothing any more, in front of the old one too.</summary>
    [Fact]
    public async Task An_account_without_a_usable_password_lets_nobody_in()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        foreach (var stored in new object[] { DBNull.Value, "", "!", "!" + ApiSchool.StoredPassword })
        {
            var person = await school.PersonAsync();
            await school.School.ExecuteAsync("UPDATE users SET password_hash = $2::text WHERE id = $1", person.Id, stored);

            foreach (var password in new[] { ApiSchool.Password, "!" }) Assert.Equal((stored, HttpStatusCode.Unauthorized), (stored, await LogInAsync(school, person, password)));
            Assert.Equal(HttpStatusCode.BadRequest, await LogInAsync(school, person, ""));
        }
    }

    private static async Task<HttpStatusCode> LogInAsync(ApiSchool school, Person person, string password)
    {
        using var nobody = school.Api.Rest();
        using var answer = await nobody.PostAsJsonAsync("/api/auth/login/", new { username = person.Username, password }, Deadline.Token());
        return answer.StatusCode;
    }
}
