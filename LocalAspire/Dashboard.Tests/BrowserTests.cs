namespace LocalAspire.Dashboard.Tests;

/// <summary>The dashboard as a person uses it, in Chromium, before the product's own graph.</summary>
[Collection(DashboardGraphTests.Name)]
public class BrowserTests(DashboardGraph graph)
{
    [BrowserFact]
    public async Task Nobody_sees_anything_before_the_login_and_the_printed_address_opens_it()
    {
        await using var browser = await Browser.OpenAsync();
        await browser.GoAsync(new Uri(graph.LoginUrl, "/#/resources"));
        await browser.FillAsync("#token", "a guess");
        await browser.SubmitAsync();
        await browser.UntilShowsAsync("[role=alert]", "not this run's token");
        Assert.DoesNotContain("chatapi", await browser.TextAsync("body"), StringComparison.Ordinal);

        await browser.GoAsync(graph.LoginUrl);
        await browser.UntilShowsAsync("h1", "Resources");
        Assert.DoesNotContain("/login", await browser.EvaluateAsync<string>("location.href"), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Resources_show_state_replicas_waits_and_cover_secrets_until_asked()
    {
        await using var browser = await LoggedInAsync();
        await browser.UntilShowsAsync("[data-key='group chatapi']", "2 of 2 running");
        await browser.UntilShowsAsync("[data-key=chatdb]", "Running");
        await browser.UntilShowsAsync("[data-key^=migrator]", "Finished");
        Assert.Equal(2, await browser.EvaluateAsync<int>("document.querySelectorAll('.row.replica[data-key^=chatapi]').length"));

        var replica = graph.Replicas[0].Id;
        await browser.ClickAsync($"[data-key={replica}] .name");
        await browser.UntilShowsAsync(".panel", "until it is finished");
        await browser.UntilShowsAsync(".panel .reports", "Healthy");
        Assert.Equal("••••••••", await browser.TextAsync("[data-variable=ConnectionStrings__chatdb] dd"));
        await browser.ClickAsync("[data-variable=ConnectionStrings__chatdb] [aria-label^=Show]");
        await browser.UntilShowsAsync("[data-variable=ConnectionStrings__chatdb] dd", "Password=");
        await browser.ClickAsync("[data-variable=ConnectionStrings__chatdb] [aria-label^=Cover]");
        await browser.UntilShowsAsync("[data-variable=ConnectionStrings__chatdb] dd", "••••");
        await browser.PressAsync("Escape");
        await browser.UntilAsync("!document.querySelector('.panel')");

        await browser.PressAsync("g");
        await browser.UntilAsync("document.querySelectorAll('.node').length === 5 && document.querySelectorAll('path.edge').length >= 5");
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task A_message_is_one_trace_from_its_frame_over_both_replicas_to_each_delivery()
    {
        await graph.SayAsync("a message to be traced");
        await using var browser = await LoggedInAsync();
        await browser.PressAsync("t");
        await browser.FillAsync("[data-page=traces] input[type=search]", "chat.send");
        await browser.ClickAsync("[data-name='chat.send'] .duration");
        foreach (var span in new[] { "chat.send", "chat.commit", "chat.fan_out", "chat.deliver" })
            await browser.UntilAsync($"document.querySelector(\"[data-span='{span}']\")");
        foreach (var replica in graph.Replicas)
            await browser.UntilAsync($"document.querySelector(\"[data-span='chat.deliver'][data-origin='{replica.Id}']\")");
        Assert.DoesNotContain("a message to be traced", await browser.EvaluateAsync<string>("document.documentElement.innerHTML"), StringComparison.Ordinal);

        await browser.ClickAsync("[data-span='chat.send'] strong");
        await browser.UntilShowsAsync(".panel", "thebot.seq");
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task Logs_are_found_by_words_and_level()
    {
        await using var browser = await LoggedInAsync();
        await browser.PressAsync("s");
        await browser.FillAsync("[data-page=logs] input[type=search]", "The bell rings");
        await browser.UntilAsync("document.querySelectorAll('.logs .rows .row').length >= 2 && [...document.querySelectorAll('.logs .message')].every(one => one.innerText.includes('The bell rings'))");
        await browser.ClickAsync(".logs .rows .row .message");
        await browser.UntilShowsAsync(".panel", "TheBot.ChatApi.Delivery.Bell");
        await browser.PressAsync("Escape");
        await browser.EvaluateAsync<object>("(() => { const level = document.querySelector('[aria-label=Level]'); level.value = '4'; level.dispatchEvent(new Event('change')); })()");
        await browser.UntilShowsAsync("[data-page=logs]", "Nothing fits");
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task The_console_comes_live_with_colours_is_searched_and_taken_away()
    {
        var replica = graph.Replicas[0].Id;
        await using var browser = await LoggedInAsync();
        await browser.GoToPageAsync($"console/{replica}");
        await browser.UntilShowsAsync(".console", "Now listening on");
        Assert.Contains("Now listening on", await browser.DownloadAsync("[aria-label=Download]"), StringComparison.Ordinal);
        Assert.DoesNotContain("[32m", await browser.TextAsync(".console"), StringComparison.Ordinal);
        await browser.UntilAsync("document.querySelector('.console .fg-green')");
        await browser.FillAsync("[data-page=console] input[type=search]", "listening");
        await browser.UntilAsync("document.querySelector('mark.current')?.innerText.toLowerCase() === 'listening'");
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task A_replica_is_restarted_from_its_row_and_the_other_goes_on()
    {
        var (restarted, other) = (graph.Replicas[1].Id, graph.Replicas[0].Id);
        var (before, otherPid) = (await graph.PidAsync(restarted), await graph.PidAsync(other));
        await using var browser = await LoggedInAsync();
        await browser.ClickAsync($"[data-key={restarted}] [data-command=restart]");
        await graph.PidAsync(restarted, pid => pid != before);
        await browser.UntilAsync($"document.querySelector('[data-key={restarted}] .badge').innerText === 'Running'");
        Assert.Equal(otherPid, await graph.PidAsync(other));
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task A_replica_is_stopped_and_started_while_its_console_is_held_still()
    {
        var replica = graph.Replicas[1].Id;
        await using var browser = await LoggedInAsync();
        await browser.GoToPageAsync($"console/{replica}");
        await browser.UntilShowsAsync(".console", "Now listening on");
        var before = await browser.TextAsync(".console");
        await browser.PressAsync("p");

        await using (var other = await LoggedInAsync())
        {
            await other.ClickAsync($"[data-key={replica}] [data-command=stop]");
            await other.UntilShowsAsync($"[data-key={replica}] .badge", "Finished");
            await other.UntilShowsAsync("[data-key='group chatapi'] .badge", "1 of 2 running");
            await other.ClickAsync($"[data-key={replica}] [data-command=start]:not(:disabled)");
            await other.UntilShowsAsync("[data-key='group chatapi'] .badge", "2 of 2 running");
        }

        await browser.UntilAsync("Number(document.querySelector('[data-pause]').dataset.count) > 0");
        Assert.Equal(before, await browser.TextAsync(".console"));
        await browser.PressAsync("p");
        await browser.UntilAsync("document.querySelector('.console').innerText.split('Now listening on').length > 2");
        Assert.Empty(browser.Errors);
    }

    [BrowserFact]
    public async Task Dark_and_light_are_one_key_apart_and_remembered()
    {
        await using var browser = await LoggedInAsync();
        var first = await browser.EvaluateAsync<string>("document.documentElement.dataset.theme");
        await browser.PressAsync("d");
        await browser.ReloadAsync();
        await browser.UntilShowsAsync("h1", "Resources");
        var second = await browser.EvaluateAsync<string>("document.documentElement.dataset.theme");
        Assert.Equal(["dark", "light"], new[] { first, second }.Order());
    }

    [BrowserFact]
    public async Task Metrics_are_charts()
    {
        await graph.SayAsync("a message to be measured");
        await using var browser = await LoggedInAsync();
        await browser.GoToPageAsync("metrics?meter=TheBot.Chat&name=thebot.chat.connections");
        await browser.UntilAsync("[...document.querySelectorAll('.chart .line')].filter(line => line.getAttribute('d').includes('L')).length >= 2");
        await browser.UntilShowsAsync(".legend", graph.Replicas[0].Id);
        await browser.GoToPageAsync("metrics?meter=TheBot.Chat&name=thebot.chat.delivery.lag");
        await browser.UntilShowsAsync(".legend", "p99");
        Assert.Empty(browser.Errors);
    }

    private async Task<Browser> LoggedInAsync()
    {
        var browser = await Browser.OpenAsync();
        await browser.GoAsync(graph.LoginUrl);
        await browser.UntilShowsAsync("h1", "Resources");
        await browser.UntilAsync("document.querySelector('.rows .row')");
        return browser;
    }
}
