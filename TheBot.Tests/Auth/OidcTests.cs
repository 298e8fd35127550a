using System.Net;
using System.Net.Http.Json;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.IdentityModel.Tokens;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Auth;

/// <summary>A token of the school's login provider is taken wherever a token is, and ends as every login does.</summary>
[Collection(ScratchPostgresTests.Name)]
public class OidcTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_providers_token_opens_every_door()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, provider.Settings);
        var (room, student, _) = await school.ClassAsync();
        var token = provider.Token(student.Username.ToUpperInvariant());
        var known = student with { Token = token };

        using var rest = school.Api.Rest(token, "Bearer");
        var rooms = await rest.GetFromJsonAsync<JsonArray>("/api/v1/rooms", Deadline.Token());
        Assert.Contains(rooms!, item => (long)item!["id"]! == room);

        await using var byQuery = await school.SeedAsync(known, room);
        await using var byHeader = await SeedSocket.ConnectAsync(school.Api.Address, $"/ws/chat/{room}/", $"Bearer {token}");
        await byHeader.NextAsync("room_history");
        await using var byFrame = await SeedSocket.ConnectAsync(school.Api.Address, $"/ws/chat/{room}/");
        await byFrame.SendAsync(new { type = "auth", token });
        Assert.Equal(student.Id, (long)(await byFrame.NextAsync("auth_success"))["user_id"]!);
        await using var v1 = await school.V1Async(known);
        await using var v1ByFrame = await school.V1Async(known, byFrame: true);
        await using var hub = await ChatGraph.HubWithAsync(token, school.Api.Address);
        Assert.NotNull(await hub.InvokeAsync<JsonObject>("Subscribe", room, (long?)null, Deadline.Token()));

        var logins = await rest.GetFromJsonAsync<JsonArray>("/api/v1/auth/tokens", Deadline.Token());
        Assert.Equal(["test", provider.Issuer], logins!.Select(login => (string)login!["device"]!).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public async Task What_is_not_a_valid_token_of_an_active_account_is_refused_at_rest_and_socket()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, provider.Settings);
        var (_, student, inactive) = await school.ClassAsync();
        await school.School.ExecuteAsync("UPDATE users SET is_active = false WHERE id = $1", inactive.Id);
        using var otherKey = RSA.Create(2048);
        var name = student.Username;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, provider.Token(name)));

        var refused = new Dictionary<string, string>
        {
            ["expired"] = provider.Token(name, token => token.Expires = DateTime.UtcNow.AddMinutes(-1)),
            ["without an end"] = provider.Token(name, token => token.Expires = null),
            ["not valid yet"] = provider.Token(name, token => token.NotBefore = DateTime.UtcNow.AddMinutes(5)),
            ["for somebody else"] = provider.Token(name, token => token.Audience = "another"),
            ["for nobody"] = provider.Token(name, token => token.Audience = null),
            ["of another issuer"] = provider.Token(name, token => token.Issuer = "https://login.example"),
            ["signed by another key"] = provider.Token(name, token => token.SigningCredentials = new(new RsaSecurityKey(otherKey) { KeyId = provider.Key.Key.KeyId }, SecurityAlgorithms.RsaSha256)),
            ["signed with the public key as a secret"] = provider.Token(name, token => token.SigningCredentials = new(
                new SymmetricSecurityKey(((RsaSecurityKey)provider.Key.Key).Rsa.ExportSubjectPublicKeyInfo()) { KeyId = provider.Key.Key.KeyId }, SecurityAlgorithms.HmacSha256)),
            ["not signed"] = provider.Token(name, token => token.SigningCredentials = null),
            ["alg none with a signature"] = WithoutAlgorithm(provider.Token(name)),
            ["changed after it was signed"] = ForSomebodyElse(provider.Token("nobody"), name),
            ["of an unknown account"] = provider.Token("nobody.here"),
            ["of an inactive account"] = provider.Token(inactive.Username),
            ["without the claim"] = provider.Token(name, token => token.Claims.Remove("preferred_username")),
            ["a claim that is NUL"] = provider.Token("\0"),
            ["no token at all"] = "a.b.c",
        };
        foreach (var (what, token) in refused)
        {
            Assert.True(await StatusAsync(school, token) == HttpStatusCode.Unauthorized, what);
            await using var socket = await SeedSocket.ConnectAsync(school.Api.Address, V1Protocol.Path, subprotocol: V1Protocol.Subprotocol);
            await socket.SendAsync(new { type = V1Type.Auth, data = new { token } });
            Assert.True(await socket.CloseCodeAsync() == CloseCode.NotAuthenticated, what);
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, provider.Token(name)));
    }

    [Fact]
    public async Task A_session_of_the_provider_is_one_login_that_ends_for_good()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, provider.Settings);
        var (_, student, _) = await school.ClassAsync();
        var (first, renewed, second) = (Session("one"), Session("one"), Session("two"));
        await using var socket = await school.V1Async(student with { Token = first });
        await using var other = await school.V1Async(student with { Token = second });
        Assert.NotEqual(first, renewed);

        using var rest = school.Api.Rest(renewed, "Bearer");
        using var logout = await rest.PostAsync("/api/v1/auth/logout", null, Deadline.Token());
        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);

        Assert.Equal(CloseCode.Revoked, await socket.CloseCodeAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(school, first));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(school, Session("one")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, second));
        await other.SendAsync(new { type = V1Type.Ping, id = "still here" });
        await other.NextAsync(V1Type.Pong);

        string Session(string sid) => provider.Token(student.Username, token => (token.Claims["sid"], token.Claims["jti"]) = (sid, Guid.NewGuid().ToString()));
    }

    /// <summary>Of a signature on an elliptic curve there is always a second one, which anybody can work out and which is as good.</summary>
    [Fact]
    public async Task A_token_without_a_session_is_one_login_however_its_signature_is_written()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, provider.Settings);
        var (_, student, _) = await school.ClassAsync();
        var token = provider.Token(student.Username, descriptor => descriptor.SigningCredentials = provider.EllipticKey);
        var changed = WithTheOtherSignature(token);
        Assert.NotEqual(token, changed);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await StatusAsync(school, token), await StatusAsync(school, changed)));

        using var rest = school.Api.Rest(token, "Bearer");
        using var logout = await rest.PostAsync("/api/v1/auth/logout", null, Deadline.Token());

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (await StatusAsync(school, token), await StatusAsync(school, changed)));
    }

    [Fact]
    public async Task A_session_that_names_another_account_later_is_nobodys()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, provider.Settings);
        var (_, student, teacher) = await school.ClassAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, Session(student, 1)));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(school, Session(teacher, 2)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, Session(student, 3)));

        string Session(Person person, int hours) => provider.Token(
            person.Username, token => (token.Claims["sub"], token.Claims["sid"], token.Expires) = ("the same", "one", DateTime.UtcNow.AddHours(hours)));
    }

    [Fact]
    public async Task A_connection_ends_with_its_token_unless_the_session_was_renewed()
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, [.. provider.Settings, ("Chat__Oidc__ClockSkew", "00:00:00")]);
        var (_, student, _) = await school.ClassAsync();
        await using var renewed = await school.V1Async(student with { Token = Session("renewed", 10) });
        await using var ending = await school.V1Async(student with { Token = Session("ending", 10) });
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, Session("renewed", 3600)));

        Assert.Equal(CloseCode.Revoked, await ending.CloseCodeAsync());
        await renewed.SendAsync(new { type = V1Type.Ping, id = "still here" });
        await renewed.NextAsync(V1Type.Pong);

        string Session(string sid, int seconds) => provider.Token(
            student.Username, token => (token.Claims["sid"], token.Expires) = (sid, DateTime.UtcNow.AddSeconds(seconds)));
    }

    [Fact]
    public async Task While_the_provider_is_away_nobody_is_refused_for_good_and_a_new_key_is_found()
    {
        var gone = await LoginProvider.StartAsync();
        var (settings, port) = (gone.Settings, gone.Address.Port);
        var early = gone.Token("whoever");
        await gone.DisposeAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, settings);
        var (_, student, _) = await school.ClassAsync();

        using var rest = school.Api.Rest(early, "Bearer");
        using var unknown = await rest.GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        Assert.Equal(ErrorCode.Unavailable, (string?)(await unknown.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!["code"]);
        await using (var socket = await SeedSocket.ConnectAsync(school.Api.Address, V1Protocol.Path, subprotocol: V1Protocol.Subprotocol))
        {
            await socket.SendAsync(new { type = V1Type.Auth, data = new { token = early } });
            Assert.Equal(CloseCode.Fault, await socket.CloseCodeAsync());
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(school, student.Token)); // our own tokens need no provider

        await using var provider = await LoginProvider.StartAsync(port);
        await Deadline.UntilAsync(() => StatusAsync(school, provider.Token(student.Username)), status => status == HttpStatusCode.OK, "the provider's return");
        provider.ChangeKey();
        await Deadline.UntilAsync(() => StatusAsync(school, provider.Token(student.Username)), status => status == HttpStatusCode.OK, "the new key");
    }

    [Theory]
    [InlineData("Email", "email", "same.address@example.com", false)]
    [InlineData("Email", "email", "Own.Address@example.com", true)]
    [InlineData("Id", "school_id", "{id}", true)]
    [InlineData("Id", "school_id", "99999999999999999999", false)]
    public async Task The_claim_and_what_it_names_are_configured(string account, string claim, string value, bool isLetIn)
    {
        await using var provider = await LoginProvider.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, [.. provider.Settings, ("Chat__Oidc__Account", account), ("Chat__Oidc__Claim", claim)]);
        var (_, student, teacher) = await school.ClassAsync();
        await school.School.ExecuteAsync("UPDATE users SET email = 'same.address@example.com'");
        if (isLetIn) await school.School.ExecuteAsync("UPDATE users SET email = 'own.address@example.com' WHERE id = $1", student.Id);

        var token = provider.Token(teacher.Username, t => t.Claims[claim] = value.Replace("{id}", $"{student.Id}", StringComparison.Ordinal));
        Assert.Equal(isLetIn ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, await StatusAsync(school, token));
        if (account != "Email") return;
        var unverified = provider.Token(teacher.Username, t => (t.Claims[claim], t.Claims["email_verified"]) = (value, false));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(school, unverified));
    }

    [Theory]
    [InlineData("Authority", "http://login.example", "Audience", "thebot")]
    [InlineData("Audience", "", "Authority", "https://login.example")]
    [InlineData("Authority", "", "Audience", "thebot")]
    [InlineData("ClockSkew", "01:00:00", "Claim", "sub")]
    [InlineData("Claim", " ", "ClockSkew", "00:00:10")]
    public void Settings_that_make_no_sense_are_named(string wrong, string value, string other, string otherValue)
    {
        var options = new OidcOptions();
        foreach (var (name, text) in new[] { (wrong, value), (other, otherValue) })
        {
            var property = typeof(OidcOptions).GetProperty(name)!;
            property.SetValue(options, property.PropertyType == typeof(Uri) ? text.Length == 0 ? null : new Uri(text) : property.PropertyType == typeof(TimeSpan) ? TimeSpan.Parse(text, null) : text);
        }

        var result = new OidcOptionsRules().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Contains($"Chat:Oidc:{wrong}", result.FailureMessage, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> StatusAsync(ApiSchool school, string token)
    {
        using var rest = school.Api.Rest(token, "Bearer");
        using var answer = await rest.GetAsync("/api/v1/rooms", Deadline.Token());
        return answer.StatusCode;
    }

    private static string WithoutAlgorithm(string token) => Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""") + token[token.IndexOf('.', StringComparison.Ordinal)..];

    /// <summary>(r, s) becomes (r, n - s), of the order n of the curve P-256.</summary>
    private static string WithTheOtherSignature(string token)
    {
        var order = new BigInteger(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);
        var parts = token.Split('.');
        var signature = Base64UrlEncoder.DecodeBytes(parts[2]);
        var other = (order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        other.CopyTo(signature.AsSpan(64 - other.Length));
        return $"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(signature)}";
    }

    private static string ForSomebodyElse(string token, string username)
    {
        var parts = token.Split('.');
        var claims = JsonNode.Parse(Base64UrlEncoder.DecodeBytes(parts[1]))!;
        claims["preferred_username"] = username;
        return $"{parts[0]}.{Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
    }
}
