using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Auth;

/// <summary>A ticket opens one socket, soon, on whatever replica, for as long as the login that it stands for.</summary>
[Collection(ScratchPostgresTests.Name)]
public class TicketTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_ticket_of_one_replica_opens_one_socket_of_another_in_every_dialect()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        await using var other = await school.AnotherAsync();
        var (room, student, _) = await school.ClassAsync();

        await using var seed = await SeedSocket.ConnectAsync(other.Address, $"/ws/chat/{room}/?ticket={await TicketAsync(school, student)}");
        await seed.NextAsync("room_history");
        await using var v1 = await SeedSocket.ConnectAsync(other.Address, $"/ws?ticket={await TicketAsync(school, student)}", subprotocol: V1Protocol.Subprotocol);
        Assert.Equal(student.Id, (long)(await v1.NextAsync(V1Type.Ready))["data"]!["user"]!["id"]!);
        await using var hub = await HubAsync(other.Address, await TicketAsync(school, student));
        Assert.NotNull(await hub.InvokeAsync<JsonObject>("Subscribe", room, (long?)null, Deadline.Token()));

        using var rest = other.Rest(await TicketAsync(school, student));
        using var answer = await rest.GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Of_all_who_come_with_one_ticket_one_gets_in()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        await using var other = await school.AnotherAsync();
        var (_, student, _) = await school.ClassAsync();
        var ticket = await TicketAsync(school, student);

        // whoever looks at the address without being a socket spends nothing
        using var rest = school.Api.Rest();
        using var looked = await rest.GetAsync($"/ws?ticket={ticket}", Deadline.Token());
        Assert.Equal(HttpStatusCode.UpgradeRequired, looked.StatusCode);

        var codes = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => OpenAsync(i % 2 == 0 ? school.Api.Address : other.Address, ticket)));

        Assert.Single(codes, code => code is null);
        Assert.All(codes.Where(code => code is not null), code => Assert.Equal(CloseCode.NotAuthenticated, code));
    }

    [Fact]
    public async Task A_ticket_ends_with_its_login_and_with_its_time_and_so_does_its_socket()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (_, student, _) = await school.ClassAsync();
        var late = await TicketAsync(school, student);
        await school.School.ExecuteAsync("UPDATE tickets SET expires_at = now() - interval '1 second'");
        Assert.Equal(CloseCode.NotAuthenticated, await OpenAsync(school.Api.Address, late));

        var unspent = await TicketAsync(school, student);
        await using var socket = await SeedSocket.ConnectAsync(school.Api.Address, $"/ws?ticket={await TicketAsync(school, student)}", subprotocol: V1Protocol.Subprotocol);
        await socket.NextAsync(V1Type.Ready);
        using var rest = school.Api.Rest(student.Token);
        using var logout = await rest.PostAsync("/api/v1/auth/logout", null, Deadline.Token());
        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);

        Assert.Equal(CloseCode.Revoked, await socket.CloseCodeAsync());
        Assert.Equal(CloseCode.NotAuthenticated, await OpenAsync(school.Api.Address, unspent));
        Assert.Equal(CloseCode.NotAuthenticated, await OpenAsync(school.Api.Address, "'; DROP TABLE tickets; --"));
    }

    [Fact]
    public async Task A_login_has_ten_tickets_at_most_and_what_is_over_does_not_stay()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (_, student, teacher) = await school.ClassAsync();
        await TicketAsync(school, teacher);
        await school.School.ExecuteAsync("UPDATE tickets SET expires_at = now() - interval '1 second'");
        var first = await TicketAsync(school, student);
        for (var i = 0; i < 10; i++) await TicketAsync(school, student);

        Assert.Equal(10, await school.School.ScalarAsync<long>("SELECT count(*) FROM tickets"));
        Assert.Equal(CloseCode.NotAuthenticated, await OpenAsync(school.Api.Address, first));
        Assert.Null(await OpenAsync(school.Api.Address, await TicketAsync(school, student)));
    }

    private static async Task<string> TicketAsync(ApiSchool school, Person person)
    {
        using var rest = school.Api.Rest(person.Token);
        using var answer = await rest.PostAsync("/api/v1/auth/tickets", null, Deadline.Token());
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var ticket = await answer.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token());
        Assert.Equal(30, (int)ticket!["expires_in"]!);
        return (string)ticket["ticket"]!;
    }

    /// <summary>Null = let in, otherwise the close code.</summary>
    private static async Task<int?> OpenAsync(Uri api, string ticket)
    {
        await using var socket = await SeedSocket.ConnectAsync(api, $"/ws?ticket={Uri.EscapeDataString(ticket)}", subprotocol: V1Protocol.Subprotocol);
        return await socket.FirstAsync() is null ? await socket.CloseCodeAsync() : null;
    }

    private static async Task<HubConnection> HubAsync(Uri api, string ticket)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(api, $"/hubs/chat?ticket={ticket}"), options =>
            {
                options.SkipNegotiation = true;
                options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
            })
            .Build();
        await hub.StartAsync(Deadline.Token());
        return hub;
    }
}
