using System.Diagnostics;
using System.Text;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>The bytes of one call of the bell: who rings, and what.</summary>
/// <remarks>
/// version (1 byte), replica (16 bytes), then parts: 1 = room event, 2 = user event, 3 = ephemeral, 4 = room whose presence changed,
/// 5 = the trace (16 + 8 + 1 bytes) that the next room event belongs to. A replica of another version is not
/// understood and not needed: the sweep finds what it announced.
/// </remarks>
internal static class BellCodec
{
    private const byte Version = 2;
    private const int Head = 17;
    private const byte RoomEventPart = 1;
    private const byte UserEventPart = 2;
    private const byte EphemeralPart = 3;
    private const byte PresencePart = 4;
    private const byte TracePart = 5;
    private const int UserEventSize = 80; // at most

    public static ReadOnlyMemory<byte> Write(Guid replica, IReadOnlyList<RoomEvent> roomEvents, IReadOnlyList<UserEvent> userEvents)
    {
        // room for all of it from the beginning: to grow by doubling took a third of all bytes that a message allocated
        using var bytes = new MemoryStream(Head + roomEvents.Sum(SizeOf) + (userEvents.Count * UserEventSize));
        using var writer = Begin(bytes, replica);
        foreach (var e in roomEvents)
        {
            if (e.Trace != default) WriteTrace(writer, e.Trace);
            writer.Write(RoomEventPart);
            writer.Write7BitEncodedInt64(e.RoomId);
            writer.Write7BitEncodedInt64(e.Seq);
            writer.Write((short)e.Kind);
            writer.Write(e.At.UtcTicks);
            writer.Write7BitEncodedInt64(e.ActorId ?? 0);
            writer.Write7BitEncodedInt64(e.SubjectId ?? 0);
            WriteBytes(writer, e.Data.Span);
            WriteBytes(writer, e.Extra.Span);
        }

        foreach (var e in userEvents)
        {
            writer.Write(UserEventPart);
            writer.Write7BitEncodedInt64(e.UserId);
            writer.Write7BitEncodedInt64(e.Seq);
            writer.Write((short)e.Kind);
            writer.Write7BitEncodedInt64(e.RoomId ?? 0);
            WriteBytes(writer, e.TokenHash);
        }

        return Written(bytes);
    }

    public static ReadOnlyMemory<byte> Write(Guid replica, Ephemeral ephemeral)
    {
        using var bytes = new MemoryStream(128);
        using var writer = Begin(bytes, replica);
        writer.Write(EphemeralPart);
        writer.Write7BitEncodedInt64(ephemeral.RoomId);
        writer.Write((byte)ephemeral.Kind);
        writer.Write7BitEncodedInt64(ephemeral.Who.Id);
        writer.Write(ephemeral.Who.Username);
        writer.Write(ephemeral.Who.FirstName);
        writer.Write(ephemeral.Who.LastName);
        writer.Write(ephemeral.Who.Role);
        writer.Write7BitEncodedInt64(ephemeral.Seq);
        return Written(bytes);
    }

    public static ReadOnlyMemory<byte> Write(Guid replica, IEnumerable<long> presenceIn)
    {
        using var bytes = new MemoryStream(64);
        using var writer = Begin(bytes, replica);
        foreach (var room in presenceIn)
        {
            writer.Write(PresencePart);
            writer.Write7BitEncodedInt64(room);
        }

        return Written(bytes);
    }

    /// <returns>Null where the replica itself rang, or one of another version.</returns>
    /// <exception cref="InvalidDataException">Not a call of the bell.</exception>
    public static BellCall? Read(ReadOnlyMemory<byte> bytes, Guid self)
    {
        try
        {
            if (bytes is { IsEmpty: false } && bytes.Span[0] != Version) return null;
            if (bytes.Length < Head) throw new EndOfStreamException();
            if (new Guid(bytes.Span[1..Head]) == self) return null;
            using var reader = new BinaryReader(new MemoryStream(bytes[Head..].ToArray(), writable: false), Encoding.UTF8);
            return ReadParts(reader);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("Not a call of the bell.", e);
        }
    }

    private static BellCall ReadParts(BinaryReader reader)
    {
        List<RoomEvent> roomEvents = [];
        List<UserEvent> userEvents = [];
        List<Ephemeral> ephemerals = [];
        List<long> presenceIn = [];
        var trace = default(ActivityContext);
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            switch (reader.ReadByte())
            {
                case RoomEventPart:
                    roomEvents.Add(new RoomEvent(
                        reader.Read7BitEncodedInt64(),
                        reader.Read7BitEncodedInt64(),
                        (RoomEventKind)reader.ReadInt16(),
                        new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero),
                        NullIfZero(reader.Read7BitEncodedInt64()),
                        NullIfZero(reader.Read7BitEncodedInt64()),
                        ReadBytes(reader),
                        ReadBytes(reader))
                    {
                        Trace = trace,
                    });
                    trace = default;
                    break;
                case UserEventPart:
                    userEvents.Add(new UserEvent(
                        reader.Read7BitEncodedInt64(),
                        reader.Read7BitEncodedInt64(),
                        (UserEventKind)reader.ReadInt16(),
                        NullIfZero(reader.Read7BitEncodedInt64()),
                        ReadBytes(reader) is { Length: > 0 } hash ? hash : null));
                    break;
                case EphemeralPart:
                    ephemerals.Add(new Ephemeral(
                        reader.Read7BitEncodedInt64(),
                        (EphemeralKind)reader.ReadByte(),
                        new EphemeralPerson(reader.Read7BitEncodedInt64(), reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString()),
                        reader.Read7BitEncodedInt64()));
                    break;
                case PresencePart:
                    presenceIn.Add(reader.Read7BitEncodedInt64());
                    break;
                case TracePart:
                    trace = ReadTrace(reader);
                    break;
                case var part:
                    throw new FormatException($"unknown part {part}");
            }
        }

        return new BellCall(new Committed(roomEvents, userEvents), ephemerals, presenceIn);
    }

    /// <summary>At most, but for its data.</summary>
    private static int SizeOf(RoomEvent e) => 100 + e.Data.Length + e.Extra.Length;

    private static ReadOnlyMemory<byte> Written(MemoryStream bytes) => bytes.GetBuffer().AsMemory(0, (int)bytes.Length);

    private static BinaryWriter Begin(MemoryStream bytes, Guid replica)
    {
        var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true);
        writer.Write(Version);
        Span<byte> id = stackalloc byte[16];
        replica.TryWriteBytes(id);
        writer.Write(id);
        return writer;
    }

    private static void WriteTrace(BinaryWriter writer, ActivityContext trace)
    {
        Span<byte> id = stackalloc byte[16];
        writer.Write(TracePart);
        trace.TraceId.CopyTo(id);
        writer.Write(id);
        trace.SpanId.CopyTo(id[..8]);
        writer.Write(id[..8]);
        writer.Write((byte)trace.TraceFlags);
    }

    private static ActivityContext ReadTrace(BinaryReader reader)
    {
        Span<byte> bytes = stackalloc byte[25];
        reader.BaseStream.ReadExactly(bytes);
        return new ActivityContext(ActivityTraceId.CreateFromBytes(bytes[..16]), ActivitySpanId.CreateFromBytes(bytes[16..24]), (ActivityTraceFlags)bytes[24], isRemote: true);
    }

    private static void WriteBytes(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }

    private static long? NullIfZero(long id) => id == 0 ? null : id;
}

/// <summary>What another replica rang.</summary>
internal sealed record BellCall(Committed Committed, IReadOnlyList<Ephemeral> Ephemerals, IReadOnlyList<long> PresenceIn);
