namespace LocalAspire.Dashboard.Tests;

/// <summary>Every page in both themes, into <c>docs/screenshots</c>: <c>DASHBOARD_SCREENSHOTS=docs/screenshots dotnet test LocalAspire/Dashboard.Tests --filter Screenshots</c>.</summary>
[Collection(DashboardGraphTests.Name)]
public class Screenshots(DashboardGraph graph)
{
    [ScreenshotFact]
    public async Task Every_page_in_light_and_dark()
    {
        var folder = Directory.CreateDirectory(ScreenshotFactAttribute.Folder!).FullName;
        await using var browser = await Browser.OpenAsync();
        await browser.GoAsync(new Uri(graph.LoginUrl, "/login"));
        await browser.ScreenshotAsync(Path.Combine(folder, "login.png"));
        await browser.GoAsync(graph.LoginUrl);
        await browser.UntilAsync("document.querySelectorAll('.row.replica').length === 2");
        // a minute of school, so that there is something to see
        for (var second = 0; second < 40; second++)
        {
            await graph.SayAsync($"message {second}");
            await Task.Delay(TimeSpan.FromMilliseconds(700));
        }

        foreach (var theme in new[] { "light", "dark" })
        {
            await browser.ThemeAsync(theme);
            Task ShootAsync(string page) => browser.ScreenshotAsync(Path.Combine(folder, $"{page}-{theme}.png"));

            await browser.GoToPageAsync("resources");
            await browser.UntilAsync("document.querySelectorAll('.row.replica').length === 2");
            await ShootAsync("resources");
            await browser.ClickAsync($"[data-key={graph.Replicas[0].Id}] .name");
            await browser.UntilAsync("document.querySelector('.panel .facts')");
            await ShootAsync("resource-details");
            await browser.GoToPageAsync("graph");
            await browser.UntilAsync("document.querySelectorAll('.node').length === 5");
            await ShootAsync("graph");
            await browser.GoToPageAsync($"console/{graph.Replicas[0].Id}");
            await browser.UntilShowsAsync(".console", "Now listening on");
            await ShootAsync("console");
            await browser.GoToPageAsync("logs");
            await browser.UntilAsync("document.querySelectorAll('.logs .rows .row').length > 3");
            await ShootAsync("logs");
            await browser.GoToPageAsync("traces");
            await browser.UntilAsync("document.querySelectorAll(\"[data-name='chat.send']\").length > 3");
            await ShootAsync("traces");
            await browser.GoToPageAsync("traces?text=chat.send");
            await browser.UntilAsync("[...document.querySelectorAll('.traces .rows .row')].every(row => row.dataset.name === 'chat.send')");
            await browser.ClickAsync("[data-name='chat.send'] .duration");
            await browser.UntilAsync("document.querySelectorAll(\"[data-span='chat.deliver']\").length === 2");
            await ShootAsync("trace");
            await browser.GoToPageAsync("metrics?meter=TheBot.Chat&name=thebot.chat.delivery.lag");
            await browser.UntilShowsAsync(".legend", "p99");
            await ShootAsync("metrics");
        }

        Assert.Empty(browser.Errors);
    }
}

/// <summary>Runs where a folder is named.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScreenshotFactAttribute : FactAttribute
{
    public ScreenshotFactAttribute()
    {
        if (Folder is null)
            Skip = "takes pictures where DASHBOARD_SCREENSHOTS names a folder";
    }

    /// <summary>Relative to the repository.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("DASHBOARD_SCREENSHOTS") is { Length: > 0 } folder
        ? Path.GetFullPath(folder, Path.Combine(Projects.TheBot_AppHost.ProjectPath, ".."))
        : null;
}
