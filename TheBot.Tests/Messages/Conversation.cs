using System.Globalization;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Messages;

/// <summary>A room in which people talk: a student, teacher and parent, a tutor in the tutors' room, an administrator who looks, and a stranger.</summary>
internal sealed class Conversation : IAsyncDisposable
{
    private int _said;

    private Conversation(School school)
    {
        School = school;
        Log = new RoomLog(school.Database);
        Changes = new RoomChanges(school.Database);
        Markers = new ReadMarkers(school.Database);
    }

    public School School { get; }
    public RoomLog Log { get; }
    public RoomChanges Changes { get; }
    public ReadMarkers Markers { get; }
    public long Room { get; private set; }
    public long TutorRoom { get; private set; }
    public long General { get; private set; }
    public long Enrollment { get; private set; }
    public long Student { get; private set; }
    public long Teacher { get; private set; }
    public long Parent { get; private set; }
    public long Tutor { get; private set; }
    public long Administrator { get; private set; }
    public long Stranger { get; private set; }

    public static async Task<Conversation> OpenAsync(ScratchPostgres postgres)
    {
        var school = await School.OpenAsync(postgres);
        var it = new Conversation(school)
        {
            Student = await school.PersonAsync(Role.Student, "Анна", "С"),
            Teacher = await school.PersonAsync(Role.Teacher, "Пётр", "К"),
            Parent = await school.PersonAsync(Role.Parent, "Елена", "С"),
            Tutor = await school.PersonAsync(Role.Tutor, "Ольга", "М"),
            Stranger = await school.PersonAsync(Role.Teacher, "Чужой", "Ч"),
            Administrator = School.Expect(await school.Roster.CreateUserAsync(new NewUser("head", Role.Teacher) { IsAdministrator = true }, Deadline.Token())).Id,
        };
        await school.GuardianAsync(it.Student, it.Parent);
        await school.TutorAsync(it.Student, it.Tutor);
        var enrollment = await school.EnrollAsync(it.Student, await school.SubjectAsync(), it.Teacher);
        it.Enrollment = enrollment.Id;
        it.Room = enrollment.Rooms.Single(r => r.Kind == RoomKind.ForumSubject).Id;
        it.TutorRoom = enrollment.Rooms.Single(r => r.Kind == RoomKind.ForumTutor).Id;
        it.General = await school.ScalarAsync<long>("SELECT id FROM rooms WHERE kind = 'general'");
        return it;
    }

    /// <summary>Somebody says something, which must be accepted.</summary>
    public async Task<ChatMessage> SayAsync(long who, string text, long? room = null)
    {
        var clientId = Interlocked.Increment(ref _said).ToString(CultureInfo.InvariantCulture);
        var results = await Log.AppendAsync([new MessageDraft(room ?? Room, who, clientId, text, null)], RoomLocks.Wait, Deadline.Token());
        Assert.Equal(AppendVerdict.Stored, results[0].Verdict);
        return results[0].Message!;
    }

    public Task<ChangeResult> EditAsync(long who, ChatMessage message, string text) => Changes.EditAsync(message.Room, who, message.Id, text, Deadline.Token());

    public Task<ChangeResult> DeleteAsync(long who, ChatMessage message) => Changes.DeleteAsync(message.Room, who, message.Id, Deadline.Token());

    public Task<ChangeResult> PinAsync(long who, ChatMessage message, bool pinned = true) => Changes.PinAsync(message.Room, who, message.Id, pinned, Deadline.Token());

    public Task<ChangeResult> ReactAsync(long who, ChatMessage message, string emoji, bool present = true) =>
        Changes.ReactAsync(message.Room, who, message.Id, emoji, present, Deadline.Token());

    /// <summary>A room's whole log as a reader gets it.</summary>
    public Task<List<RoomEvent>> EventsAsync(long reader, long? room = null, long after = 0) => Log.ReadAsync(room ?? Room, after, 1000, reader, Deadline.Token());

    public Task<List<ChatMessage>> HistoryAsync(long reader) => Log.HistoryAsync(Room, reader, 0, long.MaxValue, 100, ascending: true, Deadline.Token());

    public Task<long> HeadAsync(long? room = null) => School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", room ?? Room);

    public ValueTask DisposeAsync() => School.DisposeAsync();
}
