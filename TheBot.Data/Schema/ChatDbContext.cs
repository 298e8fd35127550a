using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace TheBot.Data.Schema;

/// <summary>The schema, and the door for what is not hot. The log and the roster's rooms are written by SQL of their own (RoomLog, RoomProvisioner).</summary>
/// <remarks>
/// No foreign key from the log and the messages: the writer checks room and sender in the inserting statement, and a key would cost a
/// trigger and a row lock on the sender for every message.
/// </remarks>
public sealed class ChatDbContext(DbContextOptions<ChatDbContext> options) : DbContext(options)
{
    /// <summary>The newest migration that the API's queries rely on; an API on an older schema is not ready. Later ones are the Migrator's own.</summary>
    public const string RequiredMigration = "20261128220000_StillContacts";

    public DbSet<User> Users => Set<User>();
    public DbSet<AuthToken> Tokens => Set<AuthToken>();
    public DbSet<Subject> Subjects => Set<Subject>();
    public DbSet<Enrollment> Enrollments => Set<Enrollment>();
    public DbSet<Tutorship> Tutorships => Set<Tutorship>();
    public DbSet<Guardianship> Guardianships => Set<Guardianship>();
    public DbSet<Room> Rooms => Set<Room>();
    public DbSet<RoomMember> Members => Set<RoomMember>();
    public DbSet<Message> Messages => Set<Message>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Role>().HaveConversion<RoleConverter>();
        configurationBuilder.Properties<RoomKind>().HaveConversion<RoomKindConverter>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        People(modelBuilder);
        Roster(modelBuilder);
        RoomsAndMembers(modelBuilder);
        Log(modelBuilder);
        Presence(modelBuilder);
        Media(modelBuilder);
    }

    private static void People(ModelBuilder model)
    {
        model.Entity<User>(user =>
        {
            user.ToTable("users");
            user.HasIndex(u => u.Username).IsUnique();
            user.Ignore(u => u.FullName);
            Now(user.Property(u => u.CreatedAt));
        });
        model.Entity<AuthToken>(token =>
        {
            token.ToTable("tokens");
            token.HasKey(t => t.Hash);
            token.Property(t => t.Id).UseIdentityByDefaultColumn();
            token.HasIndex(t => t.Id).IsUnique();
            token.HasOne<User>().WithMany().HasForeignKey(t => t.UserId).OnDelete(DeleteBehavior.Cascade);
            Now(token.Property(t => t.CreatedAt));
            Now(token.Property(t => t.LastUsedAt));
        });
        model.Entity<SocketTicket>(ticket =>
        {
            ticket.ToTable("tickets");
            ticket.IsUnlogged();
            ticket.HasKey(t => t.Hash);
            ticket.HasIndex(t => t.ExpiresAt);
            ticket.HasOne<AuthToken>().WithMany().HasForeignKey(t => t.TokenHash).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void Roster(ModelBuilder model)
    {
        model.Entity<Subject>(subject =>
        {
            subject.ToTable("subjects");
            subject.HasIndex(s => s.ExternalId).IsUnique();
        });
        model.Entity<Enrollment>(enrollment =>
        {
            enrollment.ToTable("enrollments");
            enrollment.HasIndex(e => new { e.StudentId, e.SubjectId, e.TeacherId }).IsUnique();
            enrollment.HasIndex(e => new { e.StudentId, e.SubjectId }).IsUnique().HasFilter("is_active").HasDatabaseName("ix_enrollments_one_active");
            enrollment.HasIndex(e => e.TeacherId);
            Keep<Enrollment, User>(enrollment, e => e.StudentId);
            Keep<Enrollment, User>(enrollment, e => e.TeacherId);
            Keep<Enrollment, Subject>(enrollment, e => e.SubjectId);
            Now(enrollment.Property(e => e.CreatedAt));
        });
        model.Entity<Tutorship>(tutorship =>
        {
            tutorship.ToTable("tutorships");
            tutorship.HasKey(t => new { t.StudentId, t.TutorId });
            Keep<Tutorship, User>(tutorship, t => t.StudentId);
            Keep<Tutorship, User>(tutorship, t => t.TutorId);
            Now(tutorship.Property(t => t.Since));
        });
        model.Entity<Guardianship>(guardianship =>
        {
            guardianship.ToTable("guardianships");
            guardianship.HasKey(g => new { g.StudentId, g.GuardianId });
            Keep<Guardianship, User>(guardianship, g => g.StudentId);
            Keep<Guardianship, User>(guardianship, g => g.GuardianId);
            Now(guardianship.Property(g => g.Since));
        });
        model.Entity<WaitingStudent>(waiting =>
        {
            waiting.ToTable("provisioning");
            waiting.HasKey(w => w.StudentId);
            waiting.Property(w => w.StudentId).ValueGeneratedNever();
            Now(waiting.Property(w => w.Since));
            waiting.Property(w => w.Attempts).HasDefaultValue(0);
            Now(waiting.Property(w => w.NotBefore));
        });
    }

    private static void RoomsAndMembers(ModelBuilder model)
    {
        model.Entity<Room>(room =>
        {
            room.ToTable("rooms");
            room.HasIndex(r => new { r.Kind, r.EnrollmentId }).IsUnique();
            room.HasIndex(r => r.Kind).IsUnique().HasFilter("kind = 'general'").HasDatabaseName("ix_rooms_one_general");
            room.HasIndex(r => r.DirectKey).IsUnique();
            room.HasIndex(r => new { r.CreatedBy, r.ClientId }).IsUnique().HasFilter("client_id IS NOT NULL");
            room.HasIndex(r => r.EnrollmentId);
            room.HasOne<Enrollment>().WithMany().HasForeignKey(r => r.EnrollmentId).OnDelete(DeleteBehavior.Restrict);
            room.Property(r => r.Writable).HasDefaultValue(true);
            room.Property(r => r.Description).HasDefaultValue("");
            Now(room.Property(r => r.CreatedAt));
            Now(room.Property(r => r.UpdatedAt));
        });
        model.Entity<RoomMember>(member =>
        {
            member.ToTable("room_members");
            member.HasKey(m => new { m.RoomId, m.UserId });
            member.HasIndex(m => m.UserId);
            Keep<RoomMember, Room>(member, m => m.RoomId);
            Keep<RoomMember, User>(member, m => m.UserId);
            Now(member.Property(m => m.JoinedAt));
        });
    }

    private static void Log(ModelBuilder model)
    {
        model.Entity<LogEntry>(entry =>
        {
            entry.ToTable("room_events");
            entry.HasKey(e => new { e.RoomId, e.Seq });
            entry.Property(e => e.Data).HasColumnType("jsonb");
        });
        model.Entity<Message>(message =>
        {
            message.ToTable("messages");
            message.HasIndex(m => new { m.RoomId, m.SenderId, m.ClientId }).IsUnique();
            message.HasIndex(m => new { m.RoomId, m.Seq }).IsUnique();
        });
        model.Entity<MessageEdit>(edit =>
        {
            edit.ToTable("message_edits");
            edit.HasKey(e => new { e.MessageId, e.Seq });
        });
        model.Entity<Reaction>(reaction =>
        {
            reaction.ToTable("reactions");
            reaction.HasKey(r => new { r.MessageId, r.UserId, r.Emoji });
        });
        model.Entity<Pin>(pin =>
        {
            pin.ToTable("pins");
            pin.HasKey(p => p.MessageId);
            pin.Property(p => p.MessageId).ValueGeneratedNever();
            pin.HasIndex(p => p.RoomId);
        });
        model.Entity<UserLogEntry>(entry =>
        {
            entry.ToTable("user_events");
            entry.HasKey(e => new { e.UserId, e.Seq });
        });
        model.Entity<UserHead>(head =>
        {
            head.ToTable("user_heads");
            head.HasKey(h => h.UserId);
            head.Property(h => h.UserId).ValueGeneratedNever();
        });
    }

    private static void Presence(ModelBuilder model)
    {
        model.Entity<ReplicaLease>(replica =>
        {
            replica.ToTable("replicas");
            replica.IsUnlogged();
            replica.Property(r => r.Id).ValueGeneratedNever();
        });
        model.Entity<PresenceRow>(presence =>
        {
            presence.ToTable("presence");
            presence.IsUnlogged();
            presence.HasKey(p => new { p.RoomId, p.UserId, p.ReplicaId });
            presence.HasIndex(p => p.ReplicaId);
            presence.HasOne<ReplicaLease>().WithMany().HasForeignKey(p => p.ReplicaId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void Media(ModelBuilder model)
    {
        model.Entity<MessageThread>().ToTable("threads");
        model.Entity<Attachment>(attachment =>
        {
            attachment.ToTable("attachments");
            attachment.HasKey(a => a.MessageId);
            attachment.Property(a => a.MessageId).ValueGeneratedNever();
            attachment.HasIndex(a => a.File);
            attachment.HasIndex(a => a.Image);
        });
        model.Entity<MediaFile>(file =>
        {
            file.ToTable("media");
            file.HasKey(f => f.Path);
        });
        model.Entity<MediaChunk>(chunk =>
        {
            chunk.ToTable("media_chunks");
            chunk.HasKey(c => new { c.Path, c.Nth });
            chunk.HasOne<MediaFile>().WithMany().HasForeignKey(c => c.Path).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void Now(PropertyBuilder<DateTimeOffset> property) => property.HasDefaultValueSql("now()");

    /// <summary>A reference that forbids deleting what it points to: people and rooms are ended, never erased.</summary>
    private static void Keep<TEntity, TPrincipal>(EntityTypeBuilder<TEntity> entity, Expression<Func<TEntity, object?>> column)
        where TEntity : class
        where TPrincipal : class =>
        entity.HasOne<TPrincipal>().WithMany().HasForeignKey(column).OnDelete(DeleteBehavior.Restrict);
}

internal sealed class RoleConverter() : ValueConverter<Role, string>(
    role => role.ToString().ToLowerInvariant(),
    name => Enum.Parse<Role>(name, ignoreCase: true));

internal sealed class RoomKindConverter() : ValueConverter<RoomKind, string>(kind => kind.ToWire(), name => RoomKinds.FromWire(name));
