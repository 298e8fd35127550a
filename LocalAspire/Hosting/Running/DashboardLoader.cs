namespace LocalAspire.Running;

/// <summary>
/// The dashboard is a project of its own, found by its name: without it the graph runs all the same. It is there when a launch profile gave the
/// AppHost an address (<c>ASPNETCORE_URLS</c>); under test only where <c>LocalAspire:Dashboard=true</c> asks for it.
/// </summary>
internal static class DashboardLoader
{
    private const string EntryPoint = "LocalAspire.Dashboard.DashboardHosting, LocalAspire.Dashboard";

    public static void Load(IDistributedApplicationBuilder builder, bool isTest)
    {
        if (isTest ? !builder.Configuration.GetValue("LocalAspire:Dashboard", defaultValue: false) : string.IsNullOrEmpty(builder.Configuration["ASPNETCORE_URLS"]))
            return;
        try
        {
            Type.GetType(EntryPoint)?.GetMethod("AddTo")?.CreateDelegate<Action<IDistributedApplicationBuilder>>()(builder);
        }
        catch (DistributedApplicationException failure) when (!isTest)
        {
            // one line instead of a stack trace: the message says what to do
            Console.Error.WriteLine($"error: {failure.Message}");
            Environment.Exit(1);
        }
    }
}
