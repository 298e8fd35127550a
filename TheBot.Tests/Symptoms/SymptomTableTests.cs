using TheBot.Tests.Client;

namespace TheBot.Tests.Symptoms;

/// <summary>
/// What users of the replaced system saw go wrong, as a numbered list, and the tests that repeat the steps. The numbers are those of the list that was made of its
/// faults; 19 is about the old pages' own code and the server's unit files, of which nothing is left here.
/// </summary>
public sealed class SymptomTableTests
{
    private static readonly (int Number, string Symptom, Type Tests, string[] Names)[] Table =
    [
        (1, "saved, and shown to nobody else", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.What_was_sent_from_the_page_was_shown_to_nobody)]),
        (2, "one edit disconnects the room", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.One_edit_threw_everybody_out_of_the_room)]),
        (3, "client and server speak different frames", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.No_bundled_client_spoke_as_the_server_did)]),
        (4, "addresses without a slash, ids that are no numbers", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.An_address_without_its_slash_was_a_fault_of_the_server)]),
        (5, "a refused stranger is announced", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.A_refused_stranger_was_announced_to_the_room)]),
        (6, "mute, lock and leaving change nothing", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.Muted_locked_ended_and_former_made_no_difference)]),
        (7, "an administrator who looks may write", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.An_administrator_who_looked_into_a_room_could_write_there_from_then_on)]),
        (8, "two lists of members disagree", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.What_one_role_wrote_another_role_of_the_same_room_did_not_see)]),
        (9, "no room, and no word why", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.A_course_with_a_long_name_got_no_room_at_all)]),
        (10, "rooms twice", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.Enrolling_twice_at_once_made_two_rooms_and_the_school_had_two_general_ones)]),
        (10, "upgrades lose rooms", typeof(UpgradeSymptomTests), [nameof(UpgradeSymptomTests.An_upgrade_cut_rooms_from_their_enrollments_and_the_next_one_dropped_them)]),
        (11, "deleting a person deletes their messages", typeof(RosterSymptomTests), [nameof(RosterSymptomTests.Whoever_deleted_an_account_deleted_what_it_had_said_for_everybody)]),
        (12, "the oldest page first, and pages that shift", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.A_long_room_opened_on_old_text_and_its_pages_shifted)]),
        (13, "wrong counters", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.The_numbers_beside_a_room_were_wrong)]),
        (14, "a second device logs out the first", typeof(RosterSymptomTests), [nameof(RosterSymptomTests.A_login_on_a_second_device_ended_the_first)]),
        (15, "a client that hangs, gives up or doubles", typeof(ConnectionTests),
            [nameof(ConnectionTests.The_wait_before_coming_back_doubles_to_30_seconds_and_the_client_never_gives_up), nameof(ConnectionTests.Any_other_close_brings_the_client_back)]),
        (15, "subscriptions lost on reconnect", typeof(RoomStreamTests), [nameof(RoomStreamTests.Cut_connections_neither_lose_nor_double_an_event)]),
        (16, "anybody deletes, renames, writes anywhere", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.Anybody_deleted_renamed_and_wrote_anywhere)]),
        (17, "tokens and texts in the log", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.Tokens_and_private_words_stood_in_the_log)]),
        (18, "a wrong character is a fault", typeof(MessageSymptomTests), [nameof(MessageSymptomTests.A_wrong_character_was_a_fault_of_the_server)]),
        (20, "who was unassigned stays", typeof(RosterSymptomTests),
            [nameof(RosterSymptomTests.A_parent_who_was_unassigned_or_changed_for_another_stayed_in_the_room), nameof(RosterSymptomTests.A_former_tutor_and_a_former_teacher_went_on_reading_and_writing)]),
        (21, "authors cannot delete, teachers are refused", typeof(RosterSymptomTests),
            [nameof(RosterSymptomTests.An_author_could_not_delete_their_own_message_and_teachers_and_administrators_were_refused_in_class)]),
        (22, "nobody on an odd address takes the server down", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.Nobody_in_particular_on_an_odd_address_took_the_server_down)]),
        (23, "limits passed in parallel, two who lock each other out", typeof(MessageSymptomTests),
            [nameof(MessageSymptomTests.Limits_were_passed_by_doing_many_things_at_once), nameof(MessageSymptomTests.Two_who_began_a_chat_with_each_other_locked_each_other_out)]),
        (24, "a thousand queries for contacts", typeof(LargeSchoolSymptomTests), [nameof(LargeSchoolSymptomTests.The_contacts_of_six_hundred_took_a_thousand_queries_and_timed_out)]),
        (25, "too little time, and tokens lost on the way", typeof(RosterSymptomTests), [nameof(RosterSymptomTests.A_slow_phone_had_five_seconds_to_say_who_it_is)]),
        (25, "too little time, and tokens lost on the way", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.A_token_was_lost_on_its_way_and_the_client_came_back_for_ever)]),
        (26, "a refusal that is no end", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.Being_refused_a_room_was_no_end_and_what_followed_its_number_was_taken_for_it)]),
        (27, "a forgotten column", typeof(RoomSymptomTests), [nameof(RoomSymptomTests.No_message_could_be_stored_because_a_column_had_been_forgotten)]),
        (28, "the bell answers 500, names are missing", typeof(ForumSymptomTests), [nameof(ForumSymptomTests.The_bell_answered_500_and_names_and_pictures_were_missing)]),
        (29, "fields of other names, contacts taken for a room", typeof(ForumSymptomTests),
            [nameof(ForumSymptomTests.Starting_a_chat_failed_by_the_name_of_a_field_and_contacts_were_taken_for_a_room)]),
        (30, "checked first, stored later; buttons without effect", typeof(MessageSymptomTests),
            [nameof(MessageSymptomTests.Somebody_put_out_at_that_moment_still_got_it_stored), nameof(MessageSymptomTests.The_buttons_for_pin_lock_and_mute_did_nothing)]),
    ];

    [Fact]
    public void Every_symptom_has_a_line() => Assert.Equal(Enumerable.Range(1, 30).Where(number => number != 19), Table.Select(line => line.Number).Distinct());

    [Fact]
    public void Every_line_names_tests_that_run() => Assert.All(
        Table.SelectMany(line => line.Names.Select(name => (line.Number, line.Symptom, Test: line.Tests.GetMethod(name)!))),
        line => Assert.True(line.Test.IsDefined(typeof(FactAttribute), inherit: true), $"{line.Number}, {line.Symptom}: {line.Test.Name} is no test"));
}
