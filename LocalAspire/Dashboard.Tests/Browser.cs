using PuppeteerSharp;
using PuppeteerSharp.Input;

namespace LocalAspire.Dashboard.Tests;

/// <summary>A test in Chromium; left out, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browser.Executable is null)
            Skip = "needs Chromium: apt-get install chromium, or CHROMIUM=<path>";
    }
}

/// <summary>One page of a headless Chromium, in the words of the tests: find, click, wait until something is so.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IBrowser _browser;
    private readonly DirectoryInfo _profile;
    private readonly List<string> _errors = [];
    private readonly IPage _page;

    private Browser(IBrowser browser, IPage page, DirectoryInfo profile)
    {
        (_browser, _page, _profile) = (browser, page, profile);
        page.PageError += (_, error) => _errors.Add(error.Message);
        page.Console += (_, message) =>
        {
            if (message.Message.Type == ConsoleType.Error)
                _errors.Add(message.Message.Text);
        };
        page.Request += (_, request) =>
        {
            if (new Uri(request.Request.Url) is { Scheme: "http" or "https", IsLoopback: false })
                _errors.Add($"not local: {request.Request.Url}");
        };
    }

    public static string? Executable { get; } = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } chosen
        ? chosen
        : new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    /// <summary>What scripts threw or complained about, and what was asked of other machines.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public static async Task<Browser> OpenAsync(int width = 1440, int height = 900)
    {
        var profile = Directory.CreateTempSubdirectory("dashboard-browser-");
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = Executable,
            Headless = true,
            UserDataDir = profile.FullName,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync();
        page.DefaultTimeout = (int)DashboardGraph.Patience.TotalMilliseconds;
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = height });
        return new Browser(browser, page, profile);
    }

    public Task GoAsync(Uri url) => _page.GoToAsync(url.ToString());

    /// <summary>As with F5: what the page only had in memory is gone.</summary>
    public Task ReloadAsync() => _page.ReloadAsync();

    /// <summary>To a page of the dashboard, by its address.</summary>
    public Task GoToPageAsync(string page) => _page.EvaluateFunctionAsync("page => { location.hash = `#/${page}`; }", page);

    /// <summary>Found and clicked in one step of the page: a list that is drawn anew in between would have another element in its place.</summary>
    public async Task ClickAsync(string selector)
    {
        await _page.WaitForSelectorAsync(selector, new WaitForSelectorOptions { Visible = true });
        await _page.EvaluateFunctionAsync("selector => document.querySelector(selector).click()", selector);
    }

    public async Task FillAsync(string selector, string text)
    {
        await _page.WaitForSelectorAsync(selector, new WaitForSelectorOptions { Visible = true });
        await _page.ClickAsync(selector, new ClickOptions { Count = 3 });
        await _page.Keyboard.PressAsync("Backspace");
        await _page.TypeAsync(selector, text);
    }

    /// <summary>Clicks what offers a file, and reads the file instead of writing it to disk.</summary>
    public async Task<string> DownloadAsync(string selector)
    {
        await _page.EvaluateExpressionAsync("URL.createObjectURL = blob => { window.offered = blob; return 'data:,'; }");
        await ClickAsync(selector);
        return await _page.EvaluateExpressionAsync<string>("window.offered.text()");
    }

    public Task PressAsync(string key) => _page.Keyboard.PressAsync(key);

    /// <summary>Presses Enter in a form that leads to another page, and waits for that page: what is asked between the two would be asked of neither.</summary>
    public Task SubmitAsync() => Task.WhenAll(_page.WaitForNavigationAsync(), PressAsync("Enter"));

    public Task<string> TextAsync(string selector) => _page.EvaluateFunctionAsync<string>("selector => document.querySelector(selector)?.innerText ?? ''", selector);

    /// <summary>Until a JavaScript expression is true, with a deadline.</summary>
    public Task UntilAsync(string expression) => _page.WaitForExpressionAsync(expression);

    /// <summary>Until an element shows a text; what is hidden shows nothing, though its text can be read.</summary>
    public async Task UntilShowsAsync(string selector, string text)
    {
        try
        {
            await _page.WaitForFunctionAsync("(selector, text) => [...document.querySelectorAll(selector)].some(one => one.checkVisibility() && one.innerText.includes(text))", selector, text);
        }
        catch (WaitTaskTimeoutException)
        {
            Assert.Fail($"'{text}' is not in {selector}; the page shows: {await TextAsync("body")}");
        }
    }

    public Task<T> EvaluateAsync<T>(string expression) => _page.EvaluateExpressionAsync<T>(expression);

    public Task ThemeAsync(string theme) => _page.EvaluateFunctionAsync("theme => { localStorage.setItem('theme', theme); document.documentElement.dataset.theme = theme; }", theme);

    /// <summary>In all that the page shows now.</summary>
    public Task ReplaceAsync(string text, string by) => _page.EvaluateFunctionAsync(
        """
        (text, by) => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replaceAll(text, by);
        }
        """, text, by);

    public Task ScreenshotAsync(string file) => _page.ScreenshotAsync(file);

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _profile.Delete(recursive: true);
    }
}
