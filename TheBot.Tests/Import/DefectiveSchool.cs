namespace TheBot.Tests.Import;

/// <summary>A database of the replaced system with everything that went wrong there, and what has to become of it.</summary>
internal sealed class DefectiveSchool
{
    public const string AnnasToken = "0123456789abcdef0123456789abcdef01234567";
    public const string IvansToken = "cccccccccccccccccccccccccccccccccccccccc";

    /// <summary>What every room here must become, in the order of the tests' telling.</summary>
    public List<ExpectedRoom> Rooms { get; } = [];

    /// <summary>Everybody by the name they go by in the tests.</summary>
    public Dictionary<string, long> People { get; } = [];

    /// <summary>Messages by the name they go by in the tests.</summary>
    public Dictionary<string, long> Messages { get; } = [];

    /// <summary>Rooms by the name they go by in the tests.</summary>
    public Dictionary<string, long> Places { get; } = [];

    private LegacySchool Legacy { get; set; } = null!;

    public static async Task<DefectiveSchool> WriteAsync(LegacySchool legacy)
    {
        var school = new DefectiveSchool { Legacy = legacy };
        await school.PeopleAsync();
        await school.DoubledRoomsAsync();
        await school.TutorsRoomsAsync();
        await school.LostRoomsAsync();
        await school.OtherRoomsAsync();
        await school.OddMessagesAsync();
        await school.BrokenKeysAsync();
        return school;
    }

    private long this[string person] => People[person];

    private async Task PeopleAsync()
    {
        foreach (var (name, role, first, last) in new[]
        {
            ("teacher", "teacher", "Пётр", "Кузнецов"), ("teacher2", "teacher", "Ирина", "Павлова"), ("tutor", "tutor", "Ольга", "Морозова"), ("tutor2", "tutor", "Юрий", "Лебедев"),
            ("mother", "parent", "Елена", "Смирнова"), ("father", "parent", "Сергей", "Соколов"), ("formerMother", "parent", "Нина", "Прежняя"), ("admin", "student", "Мария", "Волкова"),
        }) People[name] = await Legacy.PersonAsync(role, first, last);
        People["anna"] = await Legacy.StudentAsync("Анна", "Смирнова", parent: this["mother"], tutor: this["tutor"], createdByTutor: this["tutor2"]);
        People["ivan"] = await Legacy.StudentAsync("Иван", "Соколов", parent: this["father"]);
        People["nameless"] = await Legacy.StudentAsync("", "");
        People["long"] = await Legacy.StudentAsync(new string('Д', 150), new string('Л', 150));
        await Legacy.ExecuteAsync("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE id = $1", this["admin"]);
        await Legacy.ExecuteAsync("UPDATE accounts_user SET role = 'manager', password = NULL, email = '' WHERE id = $1", this["father"]);
        await Legacy.ExecuteAsync("UPDATE accounts_user SET password = 'md5$salt$00' WHERE id = $1", this["teacher2"]);
        await Legacy.ExecuteAsync("UPDATE accounts_user SET password = $2, email = 'FAMILY@school.example' WHERE id = $1", this["anna"], ApiSchool.StoredPassword);
        await Legacy.ExecuteAsync("UPDATE accounts_user SET email = 'family@school.example', avatar = 'avatars/m.png' WHERE id = $1", this["mother"]);
        await Legacy.TokenAsync(this["anna"], AnnasToken);
        await Legacy.TokenAsync(this["teacher"], new string('a', 40));
        await Legacy.TokenAsync(this["ivan"], IvansToken);
    }

    /// <summary>Two rooms with a link, a third that lost it, other members in each table, a parent who left; a muted student and a muted teacher.</summary>
    private async Task DoubledRoomsAsync()
    {
        var enrollment = await Legacy.EnrollmentAsync(this["anna"], await Legacy.SubjectAsync("Физика"), this["teacher"]);
        const string Name = "Физика - Анна Смирнова ↔ Пётр Кузнецов";
        var lost = await Legacy.RoomAsync("forum_subject", Name, this["anna"]);
        var first = await Legacy.RoomAsync("forum_subject", Name, this["anna"], enrollment);
        var second = await Legacy.RoomAsync("forum_subject", Name, this["anna"], enrollment, active: false);
        await Legacy.SitAsync(lost, this["anna"], this["teacher"], this["formerMother"]);
        await Legacy.SitAsync(first, this["anna"]);
        await Legacy.TakePartAsync(first, this["teacher"], muted: true);
        await Legacy.TakePartAsync(second, this["anna"], muted: true);
        await Legacy.TakePartAsync(second, this["tutor2"]);
        for (var i = 0; i < 3; i++)
        {
            foreach (var room in new[] { lost, second, first }) Messages[$"physics{i}-{room}"] = await Legacy.SayAsync(room, i % 2 == 0 ? this["anna"] : this["formerMother"], $"{i} в {room}");
        }

        Messages["first"] = Messages[$"physics0-{lost}"];
        Messages["reply across merged"] = await Legacy.SayAsync(first, this["teacher"], "ответ", replyTo: Messages[$"physics0-{lost}"]);
        var thread = await Legacy.ThreadAsync(first, this["teacher"], "Важное", pinned: true);
        Messages["pinned"] = await Legacy.SayAsync(first, this["teacher"], "закреплено", thread: thread);
        await Legacy.TakePartAsync(lost, this["anna"], lastReadAt: LegacySchool.Start.AddHours(1));
        Places["physics"] = first;
        Rooms.Add(new("forum_subject", [lost, first, second], Set("anna", "teacher", "mother", "admin")) { Enrollment = enrollment });
        Rooms.Add(new("forum_tutor", [], Set("anna", "tutor", "tutor2", "mother", "admin")) { Enrollment = enrollment });
    }

    /// <summary>The room of both tutors, once with one tutor only and once twice; an ended enrollment; an enrollment of which no room was ever made.</summary>
    private async Task TutorsRoomsAsync()
    {
        var chemistry = await Legacy.SubjectAsync("Химия");
        var enrollment = await Legacy.EnrollmentAsync(this["anna"], chemistry, this["teacher2"], active: false, customName: "  ");
        var old = await Legacy.RoomAsync("forum_tutor", "Химия - Анна Смирнова <-> Ольга Морозова", this["anna"]);
        var made = await Legacy.RoomAsync("forum_tutor", "Тьютор - Анна", this["tutor"], enrollment);
        await Legacy.SitAsync(old, this["anna"], this["tutor"]);
        await Legacy.SitAsync(made, this["anna"], this["tutor"]);
        await Legacy.TakePartAsync(made, this["tutor"], lastReadAt: LegacySchool.Start);
        Messages["with the tutor"] = await Legacy.SayAsync(old, this["tutor"], "старое");
        await Legacy.SayAsync(made, this["tutor"], "новое");
        Rooms.Add(new("forum_tutor", [old, made], Set("anna", "tutor", "tutor2", "mother", "admin")) { Enrollment = enrollment });
        Rooms.Add(new("forum_subject", [], Set("anna", "teacher2", "mother", "admin")) { Enrollment = enrollment });
        var unseen = await Legacy.EnrollmentAsync(this["long"], chemistry, this["teacher"], customName: new string('Х', 200));
        Rooms.Add(new("forum_subject", [], Set("long", "teacher", "admin")) { Enrollment = unseen });
    }

    /// <summary>Links lost where subjects have one name and names are blank; and where nobody can tell, so that nobody new may see it.</summary>
    private async Task LostRoomsAsync()
    {
        var (history, historyAgain) = (await Legacy.SubjectAsync("История"), await Legacy.SubjectAsync("История"));
        var one = await Legacy.EnrollmentAsync(this["ivan"], history, this["teacher"]);
        var other = await Legacy.EnrollmentAsync(this["ivan"], historyAgain, this["teacher2"]);
        var ofOne = await Legacy.RoomAsync("forum_subject", "История - Иван Соколов ↔ Пётр Кузнецов", this["ivan"]);
        await Legacy.SitAsync(ofOne, this["ivan"], this["teacher"]);
        await Legacy.SayAsync(ofOne, this["ivan"], "у Кузнецова");
        Rooms.Add(new("forum_subject", [ofOne], Set("ivan", "teacher", "father", "admin")) { Enrollment = one });

        // both teachers are in it, and its name says nothing: whichever enrollment it were given to, one of them would lose it
        var anyones = await Legacy.RoomAsync("forum_subject", "Учитель Пётр ↔ Учитель Ирина", this["ivan"]);
        await Legacy.SitAsync(anyones, this["ivan"], this["teacher"], this["teacher2"]);
        await Legacy.SayAsync(anyones, this["teacher2"], "чьё это?");
        Places["anyones"] = anyones;
        Rooms.Add(new("group", [anyones], Set("ivan", "teacher", "teacher2")) { Id = anyones });
        Rooms.Add(new("forum_subject", [], Set("ivan", "teacher2", "father", "admin")) { Enrollment = other });

        var blank = await Legacy.EnrollmentAsync(this["nameless"], history, this["teacher"]);
        var blankRoom = await Legacy.RoomAsync("forum_subject", "История -  ↔ Пётр Кузнецов", this["nameless"]);
        await Legacy.SitAsync(blankRoom, this["nameless"], this["teacher"]);
        await Legacy.SayAsync(blankRoom, this["nameless"], "я без имени");
        Rooms.Add(new("forum_subject", [blankRoom], Set("nameless", "teacher", "admin")) { Enrollment = blank });

        // its enrollment was deleted around the keys, with the link still there
        var orphan = await Legacy.RoomAsync("forum_subject", "Труд - Иван Соколов ↔ Кто-то", this["ivan"]);
        await Legacy.ForceAsync($"UPDATE chat_chatroom SET enrollment_id = 99999 WHERE id = {orphan}");
        await Legacy.TakePartAsync(orphan, this["father"]);
        await Legacy.SayAsync(orphan, this["father"], "осталось");
        Rooms.Add(new("group", [orphan], Set("father")) { Id = orphan });
    }

    private async Task OtherRoomsAsync()
    {
        var (general, generalAgain) = (await Legacy.RoomAsync("general", "Общий форум", this["admin"]), await Legacy.RoomAsync("general", "Общий", this["teacher"]));
        await Legacy.TakePartAsync(generalAgain, this["anna"], lastReadAt: LegacySchool.Start.AddHours(1), muted: true);
        await Legacy.SayAsync(generalAgain, this["teacher"], "во втором");
        await Legacy.SayAsync(general, this["admin"], "в первом");
        (Places["general"], Places["general again"]) = (general, generalAgain);
        Rooms.Add(new("general", [general, generalAgain], [.. People.Values]) { Id = general });

        var (direct, directAgain) = (await Legacy.RoomAsync("direct", "Анна и Пётр", this["anna"]), await Legacy.RoomAsync("direct", "", this["teacher"]));
        await Legacy.SitAsync(direct, this["anna"], this["teacher"]);
        await Legacy.TakePartAsync(directAgain, this["anna"]);
        await Legacy.TakePartAsync(directAgain, this["teacher"]);
        await Legacy.SayAsync(directAgain, this["teacher"], "второй первый");
        await Legacy.SayAsync(direct, this["anna"], "первый второй");
        Rooms.Add(new("direct", [direct, directAgain], Set("anna", "teacher")) { Id = direct });

        var three = await Legacy.RoomAsync("direct", "Втроём", this["anna"]);
        await Legacy.SitAsync(three, this["anna"], this["teacher"], this["mother"]);
        await Legacy.SayAsync(three, this["mother"], "и я");
        Places["three"] = three;
        Rooms.Add(new("group", [three], Set("anna", "teacher", "mother")) { Id = three });

        foreach (var type in new[] { "group", "class", "support" })
        {
            var room = await Legacy.RoomAsync(type, type == "group" ? " " : type, this["teacher"], active: type != "support");
            await Legacy.SitAsync(room, this["teacher"], this["anna"]);
            await Legacy.TakePartAsync(room, this["mother"], admin: true);
            await Legacy.SayAsync(room, this["ivan"], "я уже вышел");
            Places[type] = room;
            Rooms.Add(new("group", [room], Set("teacher", "anna", "mother")) { Id = room });
        }

        var empty = await Legacy.RoomAsync("group", "Пустая", this["teacher"]);
        Rooms.Add(new("group", [empty], []) { Id = empty });
    }

    /// <summary>Same moments, ids against the times, edits, deletions, files, every kind of character, and answers to other rooms.</summary>
    private async Task OddMessagesAsync()
    {
        var room = Places["group"];
        var moment = Legacy.Now();
        foreach (var content in new[] { "тот же миг", "тот же миг 2" }) await Legacy.SayAsync(room, this["anna"], content, at: moment);
        Messages["early"] = await Legacy.SayAsync(room, this["anna"], "раньше, но с большим номером", at: moment.AddSeconds(-30));
        Messages["odd"] = await Legacy.SayAsync(room, this["anna"], "\u0001 \u200F\u2028 \U0001F469\u200D\U0001F680 \\u0000 \\ ' \" \t\r\n\uFFFD {0} % \u0301");
        Messages["huge"] = await Legacy.SayAsync(room, this["anna"], new string('ж', 20_000));
        Messages["blank"] = await Legacy.SayAsync(room, this["anna"], "");
        Messages["reply to other room"] = await Legacy.SayAsync(room, this["anna"], "ответ не сюда", replyTo: Messages["with the tutor"]);
        Messages["edited"] = await Legacy.SayAsync(room, this["anna"], "исправлено");
        await Legacy.ExecuteAsync("UPDATE chat_message SET is_edited = true, updated_at = created_at + interval '1 minute' WHERE id = $1", Messages["edited"]);
        Messages["reply"] = await Legacy.SayAsync(room, this["mother"], "ответ", replyTo: Messages["edited"]);
        Messages["second reply"] = await Legacy.SayAsync(room, this["mother"], "ещё ответ", replyTo: Messages["edited"]);
        Messages["deleted"] = await Legacy.SayAsync(room, this["anna"], "удалено учителем");
        Messages["deleted badly"] = await Legacy.SayAsync(room, this["anna"], "удалено без времени");
        await Legacy.ExecuteAsync(
            "UPDATE chat_message SET is_deleted = true, deleted_at = created_at + interval '5 seconds', deleted_by_id = $2 WHERE id = $1", Messages["deleted"], this["teacher"]);
        await Legacy.ExecuteAsync("UPDATE chat_message SET is_deleted = true WHERE id = $1", Messages["deleted badly"]);
        await Legacy.ThreadAsync(room, this["teacher"], "Пустая", pinned: true);
        var thread = await Legacy.ThreadAsync(room, this["teacher"], "Начало удалено", pinned: true);
        var start = await Legacy.SayAsync(room, this["teacher"], "удалённое начало", thread: thread);
        await Legacy.ExecuteAsync("UPDATE chat_message SET is_deleted = true WHERE id = $1", start);
        Messages["rest of thread"] = await Legacy.SayAsync(room, this["teacher"], "продолжение", thread: thread);
        Messages["file"] = await Legacy.SayAsync(Places["physics"], this["teacher"], "");
        await Legacy.ExecuteAsync("UPDATE chat_message SET message_type = 'file', file = 'chat/files/a b.pdf', image = 'chat/images/x.png' WHERE id = $1", Messages["file"]);
        Messages["outside"] = await Legacy.SayAsync(Places["physics"], this["teacher"], "наружу");
        await Legacy.ExecuteAsync("UPDATE chat_message SET message_type = 'voice', file = '../secret.txt' WHERE id = $1", Messages["outside"]);
        await Legacy.ExecuteAsync("INSERT INTO chat_messageread (read_at, message_id, user_id) VALUES (now(), $1, $2)", Messages["edited"], this["mother"]);
    }

    /// <summary>What foreign keys forbid, and finds its way in all the same.</summary>
    private async Task BrokenKeysAsync()
    {
        var room = Places["class"];
        Messages["senderless"] = await Legacy.SayAsync(room, this["anna"], "меня больше нет");
        Messages["answers nothing"] = await Legacy.SayAsync(room, this["anna"], "на что?");
        Messages["roomless"] = await Legacy.SayAsync(room, this["anna"], "комнаты больше нет");
        await Legacy.ForceAsync($"UPDATE chat_message SET sender_id = 88888 WHERE id = {Messages["senderless"]}");
        await Legacy.ForceAsync($"UPDATE chat_message SET reply_to_id = 77777777 WHERE id = {Messages["answers nothing"]}");
        await Legacy.ForceAsync($"UPDATE chat_message SET room_id = 5000 WHERE id = {Messages["roomless"]}");
        await Legacy.ForceAsync("INSERT INTO chat_chatroom_participants (chatroom_id, user_id) VALUES (5000, 66666)");
        await Legacy.ForceAsync($"UPDATE accounts_studentprofile SET parent_id = 55555, tutor_id = user_id WHERE user_id = {this["nameless"]}");
        await Legacy.ForceAsync("INSERT INTO authtoken_token (key, created, user_id) VALUES ('ffffffffffffffffffffffffffffffffffffffff', now(), 44444)");
        await Legacy.ForceAsync(
            $"INSERT INTO materials_subjectenrollment (enrolled_at, is_active, student_id, subject_id, teacher_id) VALUES (now(), true, 33333, 1, {this["teacher"]})");
        Rooms.Add(new("group", [5000], []) { Id = 5000 });
    }

    private HashSet<long> Set(params string[] names) => [.. names.Select(name => this[name])];
}

/// <param name="Kind">Of our room.</param>
/// <param name="Legacy">The rooms that are in it.</param>
/// <param name="Readers">Who may read it, everybody else may not.</param>
internal sealed record ExpectedRoom(string Kind, long[] Legacy, HashSet<long> Readers)
{
    /// <summary>Of a forum room.</summary>
    public long? Enrollment { get; init; }

    /// <summary>Of every other one.</summary>
    public long? Id { get; init; }
}
