namespace TheBot.Tests.Import;

/// <summary>The tables of the replaced system that an import reads: names, types, nullability, keys and indexes as its migrations make them.</summary>
internal static class LegacySchema
{
    /// <summary>As before its migration 0011: several rooms of one kind for one enrollment are possible.</summary>
    public const string Sql =
        $"""
        CREATE TABLE accounts_user (
            {Id}, password varchar(128), last_login timestamptz, is_superuser boolean NOT NULL, username varchar(150) NOT NULL UNIQUE,
            first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff boolean NOT NULL, is_active boolean NOT NULL,
            date_joined timestamptz NOT NULL, role varchar(20) NOT NULL, phone varchar(20) NOT NULL, avatar varchar(100), is_verified boolean NOT NULL,
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, created_by_tutor_id bigint {User}, telegram_id bigint UNIQUE);
        CREATE INDEX ON accounts_user (created_by_tutor_id);
        CREATE INDEX ON accounts_user (username varchar_pattern_ops);
        CREATE TABLE accounts_studentprofile (
            {Id}, grade integer, goal text NOT NULL, progress_percentage integer NOT NULL CHECK (progress_percentage >= 0),
            streak_days integer NOT NULL CHECK (streak_days >= 0), total_points integer NOT NULL CHECK (total_points >= 0),
            accuracy_percentage integer NOT NULL CHECK (accuracy_percentage >= 0),
            parent_id bigint REFERENCES accounts_user (id) ON DELETE CASCADE {Deferred}, tutor_id bigint {User}, user_id bigint NOT NULL UNIQUE {User},
            generated_username varchar(150) NOT NULL, telegram varchar(100) NOT NULL, telegram_id varchar(50) NOT NULL);
        CREATE INDEX ON accounts_studentprofile (parent_id);
        CREATE INDEX ON accounts_studentprofile (tutor_id);
        CREATE TABLE accounts_teacherprofile (
            {Id}, subject varchar(100) NOT NULL, experience_years integer NOT NULL CHECK (experience_years >= 0), bio text NOT NULL,
            user_id bigint NOT NULL UNIQUE {User}, telegram varchar(100) NOT NULL, telegram_id varchar(50) NOT NULL);
        CREATE TABLE accounts_tutorprofile (
            {Id}, specialization varchar(200) NOT NULL, experience_years integer NOT NULL CHECK (experience_years >= 0), bio text NOT NULL,
            user_id bigint NOT NULL UNIQUE {User}, telegram varchar(100) NOT NULL, telegram_id varchar(50) NOT NULL);
        CREATE TABLE accounts_parentprofile ({Id}, user_id bigint NOT NULL UNIQUE {User}, telegram varchar(100) NOT NULL, telegram_id varchar(50) NOT NULL);
        CREATE TABLE materials_subject ({Id}, name varchar(100) NOT NULL, description text NOT NULL, color varchar(7) NOT NULL);
        CREATE TABLE materials_teachersubject (
            {Id}, is_active boolean NOT NULL, assigned_at timestamptz NOT NULL, subject_id bigint NOT NULL REFERENCES materials_subject (id) {Deferred},
            teacher_id bigint NOT NULL {User}, UNIQUE (teacher_id, subject_id));
        CREATE TABLE materials_subjectenrollment (
            {Id}, enrolled_at timestamptz NOT NULL, is_active boolean NOT NULL, student_id bigint NOT NULL {User},
            subject_id bigint NOT NULL REFERENCES materials_subject (id) {Deferred}, teacher_id bigint NOT NULL {User}, assigned_by_id bigint {User},
            custom_subject_name varchar(200), CONSTRAINT unique_student_subject_teacher UNIQUE (student_id, subject_id, teacher_id));
        CREATE UNIQUE INDEX unique_active_enrollment_per_subject ON materials_subjectenrollment (student_id, subject_id) WHERE is_active;
        CREATE INDEX ON materials_subjectenrollment (student_id);
        CREATE INDEX ON materials_subjectenrollment (subject_id);
        CREATE INDEX ON materials_subjectenrollment (teacher_id);
        CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY, created timestamptz NOT NULL, user_id bigint NOT NULL UNIQUE {User});
        CREATE TABLE chat_chatroom (
            {Id}, name varchar(200) NOT NULL, description text NOT NULL, type varchar(20) NOT NULL, is_active boolean NOT NULL, created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL, created_by_id bigint NOT NULL {User}, auto_delete_days integer NOT NULL CHECK (auto_delete_days >= 0),
            enrollment_id bigint REFERENCES materials_subjectenrollment (id) {Deferred});
        CREATE INDEX ON chat_chatroom (created_by_id);
        CREATE INDEX ON chat_chatroom (enrollment_id);
        CREATE INDEX chat_type_active_idx ON chat_chatroom (type, is_active);
        CREATE INDEX chat_type_enrollment_idx ON chat_chatroom (type, enrollment_id);
        CREATE TABLE chat_chatroom_participants ({Id}, chatroom_id bigint NOT NULL {Room}, user_id bigint NOT NULL {User}, UNIQUE (chatroom_id, user_id));
        CREATE INDEX ON chat_chatroom_participants (chatroom_id);
        CREATE INDEX ON chat_chatroom_participants (user_id);
        CREATE TABLE chat_chatparticipant (
            {Id}, joined_at timestamptz NOT NULL, last_read_at timestamptz, is_muted boolean NOT NULL, is_admin boolean NOT NULL, user_id bigint NOT NULL {User},
            room_id bigint NOT NULL {Room}, UNIQUE (room_id, user_id));
        CREATE INDEX ON chat_chatparticipant (room_id);
        CREATE INDEX ON chat_chatparticipant (user_id);
        CREATE TABLE chat_messagethread (
            {Id}, title varchar(200) NOT NULL, is_pinned boolean NOT NULL, is_locked boolean NOT NULL, created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL, created_by_id bigint NOT NULL {User}, room_id bigint NOT NULL {Room});
        CREATE INDEX ON chat_messagethread (created_by_id);
        CREATE INDEX ON chat_messagethread (room_id);
        CREATE TABLE chat_message (
            {Id}, content text NOT NULL, message_type varchar(20) NOT NULL, file varchar(100), image varchar(100), is_edited boolean NOT NULL,
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, reply_to_id bigint REFERENCES chat_message (id) {Deferred},
            room_id bigint NOT NULL {Room}, sender_id bigint NOT NULL {User}, thread_id bigint REFERENCES chat_messagethread (id) {Deferred},
            deleted_at timestamptz, deleted_by_id bigint {User}, is_deleted boolean NOT NULL);
        CREATE INDEX ON chat_message (deleted_by_id);
        CREATE INDEX ON chat_message (reply_to_id);
        CREATE INDEX ON chat_message (room_id);
        CREATE INDEX ON chat_message (sender_id);
        CREATE INDEX ON chat_message (thread_id);
        CREATE INDEX message_deleted_idx ON chat_message (is_deleted);
        CREATE INDEX message_room_created_idx ON chat_message (room_id, created_at);
        CREATE INDEX message_room_deleted_idx ON chat_message (room_id, is_deleted);
        CREATE TABLE chat_messageread (
            {Id}, read_at timestamptz NOT NULL, message_id bigint NOT NULL REFERENCES chat_message (id) {Deferred}, user_id bigint NOT NULL {User},
            UNIQUE (message_id, user_id));
        CREATE INDEX ON chat_messageread (message_id);
        CREATE INDEX ON chat_messageread (user_id)
        """;

    private const string Id = "id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY";
    private const string Deferred = "DEFERRABLE INITIALLY DEFERRED";
    private const string User = $"REFERENCES accounts_user (id) {Deferred}";
    private const string Room = $"REFERENCES chat_chatroom (id) {Deferred}";
}
