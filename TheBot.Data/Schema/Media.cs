namespace TheBot.Data.Schema;

/// <summary>What is attached to a message: as in the replaced system at most one file and one picture.</summary>
public sealed class Attachment
{
    public long MessageId { get; set; }

    /// <summary>Path below the media root, which is also its address below <c>/media/</c>; null = no file.</summary>
    public string? File { get; set; }

    /// <summary>Bytes of <see cref="File"/>; null = no file, or one that is not in the store.</summary>
    public long? FileSize { get; set; }

    /// <summary>As <see cref="File"/>, for a picture.</summary>
    public string? Image { get; set; }
}

/// <summary>A headline under which the replaced system put messages of a room.</summary>
public sealed class MessageThread
{
    public long Id { get; set; }
    public long RoomId { get; set; }
    public required string Title { get; set; }
    public long CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A stored file. In the database, so that every replica has it, and every backup.</summary>
public sealed class MediaFile
{
    /// <summary>Path below the media root.</summary>
    public required string Path { get; set; }

    /// <summary>What its first bytes say it is; never what its name says.</summary>
    public required string ContentType { get; set; }

    public long Size { get; set; }

    /// <summary>When it was written last, where it came from: a second import leaves out what has not changed.</summary>
    public DateTimeOffset ModifiedAt { get; set; }
}

/// <summary>A piece of a stored file: few enough bytes that reading one costs no memory to speak of.</summary>
public sealed class MediaChunk
{
    public required string Path { get; set; }
    public int Nth { get; set; }
    public required byte[] Bytes { get; set; }
}
