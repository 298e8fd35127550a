using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Npgsql;
using TheBot.Migrator.Commands.Migrate;

namespace TheBot.Tests.Auth;

/// <summary>The demo school has a published password, so it opens in Development and nowhere else.</summary>
[Collection(ScratchPostgresTests.Name)]
public class DemoAccountTests(ScratchPostgres postgres)
{
    private static readonly (string Name, string Value) Production = ("ASPNETCORE_ENVIRONMENT", "Production");

    [Fact]
    public async Task A_demo_account_opens_in_Development_only_and_neither_does_a_token_that_it_got_there()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        await using var production = await school.AnotherAsync(Production);
        var (demo, own) = (await school.PersonAsync(), await school.PersonAsync());
        await school.School.ExecuteAsync("UPDATE users SET is_demo = true WHERE id = $1", demo.Id);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), await TryAsync(school.Api, demo));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), await TryAsync(production, demo));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), await TryAsync(production, own));
    }

    [Fact]
    public async Task The_API_does_not_start_where_demo_accounts_are_let_in_outside_Development()
    {
        await using var redis = await ScratchRedis.StartAsync();
        var (code, output) = await ApiProcess.EndAsync(await postgres.NewDatabaseAsync(), redis, Production, ("Chat__Logins__DemoAccounts", "true"));

        Assert.NotEqual(0, code);
        Assert.Contains("Chat:Logins:DemoAccounts", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_migrator_makes_no_demo_school_outside_Development_and_touches_nothing_where_it_is_asked_to()
    {
        var database = await postgres.NewDatabaseAsync(migrated: false);
        var start = new ProcessStartInfo("dotnet", [typeof(SchemaUpgrade).Assembly.Location, "migrate", "--demo-school"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        start.Environment["ConnectionStrings__chatdb"] = database;
        using var migrator = Process.Start(start)!;
        var output = migrator.StandardOutput.ReadToEndAsync();
        var errors = await migrator.StandardError.ReadToEndAsync(Deadline.Token());
        await migrator.WaitForExitAsync(Deadline.Token());

        Assert.True(migrator.ExitCode == 2, await output);
        Assert.Contains("--demo-school", errors, StringComparison.Ordinal);
        await using var look = NpgsqlDataSource.Create(database);
        await using var tables = look.CreateCommand("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'");
        Assert.Equal(0L, await tables.ExecuteScalarAsync(Deadline.Token()));
    }

    /// <summary>A login by password, and a call with a token that the account has.</summary>
    private static async Task<(HttpStatusCode Login, HttpStatusCode Call)> TryAsync(ApiProcess api, Person person)
    {
        using var client = api.Rest(person.Token);
        using var login = await client.PostAsJsonAsync("/api/auth/login/", new { username = person.Username, password = ApiSchool.Password }, Deadline.Token());
        using var call = await client.GetAsync("/api/v1/rooms", Deadline.Token());
        return (login.StatusCode, call.StatusCode);
    }
}
