using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Limits;

/// <summary>A school sits behind one address, and it is eight o'clock on a Monday.</summary>
/// <remarks>Each login by password costs a good part of a second of one core: THEBOT_SCHOOL_LOGINS=200 lets all of them do it.</remarks>
[Collection(ScratchPostgresTests.Name)]
public class SchoolBehindOneAddressTests(ScratchPostgres postgres)
{
    private const int People = 200;
    private const int Typos = 90;

    [Fact]
    public async Task Two_hundred_people_from_one_address_log_in_come_in_and_speak_and_nobody_is_throttled()
    {
        var logins = int.TryParse(Environment.GetEnvironmentVariable("THEBOT_SCHOOL_LOGINS"), NumberStyles.None, CultureInfo.InvariantCulture, out var set) ? set : 20;
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, _, _) = await school.ClassAsync();
        var general = await school.School.ScalarAsync<long>("SELECT id FROM rooms WHERE kind = 'general'");
        var people = new List<Person>();
        for (var i = 0; i < People; i++) people.Add(await school.PersonAsync());
        using var client = school.Api.Rest();

        var typos = await Task.WhenAll(people.Take(Typos).Select(person => LogInAsync(client, person, "wrong")));
        Assert.All(typos, status => Assert.Equal(HttpStatusCode.Unauthorized, status));
        var entered = await Task.WhenAll(people.Take(logins).Select(person => LogInAsync(client, person, ApiSchool.Password)));
        Assert.All(entered, status => Assert.Equal(HttpStatusCode.OK, status));

        // a first frame, as a browser does it, a header, or the old client's query
        var errors = await Task.WhenAll(people.Select(async (person, i) =>
        {
            var isOld = i % 3 == 2;
            await using var socket = isOld ? await school.SeedAsync(person, general) : await school.V1Async(person, byFrame: i % 3 == 0);
            for (var n = 0; n < 5; n++)
            {
                await socket.SendAsync(isOld
                    ? new { type = "chat_message", content = "Доброе утро" }
                    : new { type = V1Type.Send, id = $"{n}", room = general, data = new { client_id = $"{n}", content = "Доброе утро" } });
            }

            for (var n = 0; n < 5; n++) await socket.NextAsync(isOld ? "message_sent" : V1Type.Ack);
            return socket.Seen.Count(frame => (string)frame["type"]! == V1Type.Error);
        }));
        Assert.All(errors, count => Assert.Equal(0, count));
        Assert.Equal(People * 5L, await school.School.ScalarAsync<long>("SELECT count(*) FROM messages WHERE room_id = $1", general));
    }

    private static async Task<HttpStatusCode> LogInAsync(HttpClient client, Person person, string password)
    {
        using var answer = await client.PostAsJsonAsync("/api/auth/login/", new { username = person.Username, password }, Deadline.Token());
        return answer.StatusCode;
    }
}
