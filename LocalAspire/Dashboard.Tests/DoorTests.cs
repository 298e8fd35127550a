using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LocalAspire.Dashboard.Tests;

/// <summary>Who gets in, and what is covered for those who are.</summary>
[Collection(DashboardGraphTests.Name)]
public class DoorTests(DashboardGraph graph)
{
    private static readonly string[] Files = ["/", "/index.html", "/app.css", "/icon.svg", "/js/main.js", "/login.html"];

    [Fact]
    public async Task Without_login_there_is_nothing_but_the_login()
    {
        using var stranger = await graph.BrowserAsync(loggedIn: false);
        var replica = graph.Replicas[0].Id;
        foreach (var path in Files)
        {
            using var answer = await stranger.GetAsync(path);
            Assert.Equal((HttpStatusCode.Found, "/login"), (answer.StatusCode, answer.Headers.Location?.ToString()));
        }

        foreach (var path in new[] { "/api/events", "/api/logs", "/api/traces", "/api/metrics", "/api/origins", $"/api/resources/{replica}/console", $"/api/resources/{replica}/environment?name=PATH", "/api/nothing" })
        {
            using var answer = await stranger.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        var before = await graph.PidAsync(replica);
        using var command = await stranger.PostAsync($"/api/resources/{replica}/restart", null);
        Assert.Equal(HttpStatusCode.Unauthorized, command.StatusCode);
        Assert.Equal(before, await graph.PidAsync(replica));
    }

    [Fact]
    public async Task A_wrong_token_opens_nothing()
    {
        using var stranger = await graph.BrowserAsync(loggedIn: false);
        using var wrong = await stranger.GetAsync("/login?t=0123456789abcdef");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.False(wrong.Headers.Contains("Set-Cookie"));
        using var posted = await stranger.PostAsync("/login", new FormUrlEncodedContent([new("token", "guess")]));
        Assert.Equal(HttpStatusCode.Unauthorized, posted.StatusCode);
        using var after = await stranger.GetAsync("/api/logs");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task Pages_are_served_after_login_and_no_longer_after_logout()
    {
        using var browser = await graph.BrowserAsync(loggedIn: false);
        using var login = await browser.GetAsync(graph.LoginUrl);
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        foreach (var path in Files)
        {
            using var answer = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }

        using var logout = await browser.PostAsync("/logout", null);
        using var after = await browser.GetAsync("/api/logs");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);

        // the browser has thrown its cookie away; a copy of it must not open anything either
        using var copy = await graph.BrowserAsync(loggedIn: false);
        copy.DefaultRequestHeaders.Add("Cookie", cookie);
        using var copied = await copy.GetAsync("/api/logs");
        Assert.Equal(HttpStatusCode.Unauthorized, copied.StatusCode);
    }

    [Theory]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.NotFound)]
    public async Task A_page_of_another_port_commands_nothing_though_its_requests_carry_the_cookie(string site, HttpStatusCode expected)
    {
        using var browser = await graph.BrowserAsync(loggedIn: true);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", site);
        using var answer = await browser.PostAsync($"/api/resources/{graph.Replicas[0].Id}/no-such-command", null);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task The_login_form_takes_the_token_too()
    {
        using var browser = await graph.BrowserAsync(loggedIn: false);
        using var entered = await browser.PostAsync("/login", new FormUrlEncodedContent([new("token", graph.LoginUrl.Query[3..])]));
        Assert.Equal("/", entered.Headers.Location?.ToString());
        using var page = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task Secrets_are_not_sent_until_somebody_asks_for_one()
    {
        using var browser = await graph.BrowserAsync(loggedIn: true);
        var replica = graph.Replicas[0].Id;
        var resources = await ResourcesAsync(browser);
        var variables = resources.EnumerateArray().Single(item => item.GetProperty("id").GetString() == replica).GetProperty("environment").EnumerateArray()
            .ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("isSecret").GetBoolean());
        foreach (var secret in new[] { "ConnectionStrings__chatdb", "ConnectionStrings__redis", "CHATDB_PASSWORD", "CHATDB_URI", "REDIS_PASSWORD", "REDIS_URI", "OTEL_EXPORTER_OTLP_HEADERS" })
            Assert.True(variables[secret], secret);
        foreach (var open in new[] { "CHATDB_HOST", "CHATDB_PORT", "ASPNETCORE_URLS", "OTEL_SERVICE_NAME" })
            Assert.False(variables[open], open);

        var password = await RevealAsync(browser, replica, "CHATDB_PASSWORD");
        Assert.DoesNotContain(password, resources.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(await RevealAsync(browser, replica, "REDIS_PASSWORD"), resources.GetRawText(), StringComparison.Ordinal);
        Assert.Contains($"Password={password}", await RevealAsync(browser, replica, "ConnectionStrings__chatdb"), StringComparison.Ordinal);
    }

    private static async Task<string> RevealAsync(HttpClient browser, string id, string name)
    {
        var answer = await browser.GetFromJsonAsync<JsonElement>($"/api/resources/{id}/environment?name={name}");
        return answer.GetProperty("value").GetString()!;
    }

    /// <summary>The first of the stream's resources events.</summary>
    private static async Task<JsonElement> ResourcesAsync(HttpClient browser)
    {
        using var deadline = new CancellationTokenSource(DashboardGraph.Patience);
        using var answer = await browser.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline.Token));
        while (await lines.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line != "event: resources")
                continue;
            var data = await lines.ReadLineAsync(deadline.Token);
            return JsonDocument.Parse(data!["data: ".Length..]).RootElement;
        }

        throw new InvalidOperationException("the stream ended without resources");
    }
}
