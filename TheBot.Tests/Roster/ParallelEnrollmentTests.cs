using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

/// <summary>What many administrators and scripts do at once, on two replicas.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class ParallelEnrollmentTests(ScratchPostgres postgres)
{
    private const int Rounds = 20;
    private const int CallsARound = 50;

    [Fact]
    public async Task A_thousand_parallel_calls_over_two_replicas_make_one_room_of_each_kind_for_each_enrollment()
    {
        await using var api = await ApiSchool.OpenAsync(postgres);
        await using var second = await api.AnotherAsync();
        var head = await api.PersonAsync(Role.Teacher, isAdministrator: true);
        HttpClient[] replicas = [api.Api.Rest(head.Token), second.Rest(head.Token)];
        var school = api.School;
        var (student, teacher) = (await school.PersonAsync(Role.Student), await school.PersonAsync(Role.Teacher));
        long[] tutors = [await school.PersonAsync(Role.Tutor), await school.PersonAsync(Role.Tutor)];
        long[] parents = [await school.PersonAsync(Role.Parent), await school.PersonAsync(Role.Parent)];

        for (var round = 0; round < Rounds; round++)
        {
            var body = new { student_id = student, subject_id = await school.SubjectAsync($"Предмет {round}"), teacher_id = teacher };
            var comings = Enumerable.Range(0, 8).Select(i => (Adult: i % 4 < 2 ? $"tutors/{tutors[i % 2]}" : $"guardians/{parents[i % 2]}", Method: (i + round) % 3 == 0 ? HttpMethod.Delete : HttpMethod.Put));
            var enrolling = Enumerable.Range(0, CallsARound).Select(i => replicas[i % 2].PostAsJsonAsync("/api/v1/roster/enrollments", body, Deadline.Token())).ToList();
            var changing = comings.Select((c, i) => replicas[i % 2].SendAsync(new HttpRequestMessage(c.Method, $"/api/v1/roster/students/{student}/{c.Adult}"), Deadline.Token())).ToList();

            var answers = await Task.WhenAll(enrolling);
            Assert.All(await Task.WhenAll(changing), answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            Assert.Equal((1, CallsARound - 1), (answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), answers.Count(answer => answer.StatusCode == HttpStatusCode.OK)));
            var ids = new HashSet<long>();
            foreach (var answer in answers) ids.Add((long)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!);
            Assert.Single(ids);
        }

        Assert.All(
            await Task.WhenAll(new[] { $"tutors/{tutors[0]}", $"tutors/{tutors[1]}", $"guardians/{parents[0]}", $"guardians/{parents[1]}" }
                .Select((adult, i) => replicas[i % 2].PutAsync($"/api/v1/roster/students/{student}/{adult}", null, Deadline.Token()))),
            answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));

        // one room of each kind for each enrollment, with each person once
        Assert.Equal(
            Enumerable.Repeat(("forum_subject", 4L), Rounds).Concat(Enumerable.Repeat(("forum_tutor", 5L), Rounds)),
            await school.QueryAsync(
                """
                SELECT r.kind, count(m.user_id) FROM rooms r JOIN room_members m ON m.room_id = r.id AND cardinality(m.reasons) > 0
                WHERE r.enrollment_id IS NOT NULL GROUP BY r.id ORDER BY r.kind
                """,
                row => (row.GetString(0), row.GetInt64(1))));
        // nobody came in twice without having left between
        Assert.Equal(0L, await school.ScalarAsync<long>(
            """
            SELECT count(*) FROM (
                SELECT kind, lag(kind, 1, 11::smallint) OVER (PARTITION BY room_id, subject_id ORDER BY seq) AS before FROM room_events WHERE kind IN (10, 11)) AS step
            WHERE kind = before
            """));
        var drift = await school.DriftAsync(); // what the Migrator's dry run reports
        Assert.True(drift.IsNothing, drift.ToString());
        await school.LogsAgreeAsync();
        foreach (var replica in replicas) replica.Dispose();
    }
}
