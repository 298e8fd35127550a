namespace TheBot.Contracts.V1;

/// <summary>The v1 dialect: one socket, many rooms (docs/protocol.md, "v1").</summary>
public static class V1Protocol
{
    /// <summary>Where the socket is; also with a final slash.</summary>
    public const string Path = "/ws";

    /// <summary>The subprotocol that a client must ask for, and that the server selects.</summary>
    public const string Subprotocol = "thebot.v1";

    /// <summary>UTF-16 code units of a frame's <c>id</c>.</summary>
    public const int FrameIdMaxLength = 128;
}

/// <summary>The values of <c>type</c>. A type never changes its meaning; a reader ignores those it does not know, but counts their <c>seq</c>.</summary>
public static class V1Type
{
    /// <summary>Client: who it is. The first frame, where the request carried no token.</summary>
    public const string Auth = "auth";

    /// <summary>Client: follow a room. Again for the same room: follow it anew, from another place.</summary>
    public const string Subscribe = "subscribe";

    /// <summary>Client: follow a room no longer.</summary>
    public const string Unsubscribe = "unsubscribe";

    /// <summary>Client: say something.</summary>
    public const string Send = "send";

    /// <summary>Client: give a message of one's own another text.</summary>
    public const string Edit = "edit";

    /// <summary>Client: take a message back for everybody.</summary>
    public const string Delete = "delete";

    /// <summary>Client: put an emoji on a message, or take one's own away.</summary>
    public const string React = "react";

    /// <summary>Client: pin a message, or take the pin away.</summary>
    public const string Pin = "pin";

    /// <summary>Client: lock the room, so that it can only be read, or open it again.</summary>
    public const string Lock = "lock";

    /// <summary>Client: the person has read up to a seq.</summary>
    public const string Read = "read";

    /// <summary>Client and server: somebody types, or stopped.</summary>
    public const string Typing = "typing";

    /// <summary>Client: is anybody there.</summary>
    public const string Ping = "ping";

    /// <summary>Server: the answer to a ping.</summary>
    public const string Pong = "pong";

    /// <summary>Server: authenticated; who the client is and what its limits are. Before it the server says nothing.</summary>
    public const string Ready = "ready";

    /// <summary>Server: the room is followed; its events come after this frame.</summary>
    public const string Subscribed = "subscribed";

    /// <summary>Server: the room is followed no longer; nothing of it comes after this frame.</summary>
    public const string Unsubscribed = "unsubscribed";

    /// <summary>Server: a message is stored. Stands before its <see cref="MessageCreated"/>.</summary>
    public const string Ack = "ack";

    /// <summary>Server: what the frame of that id asked for is so, now or before. Stands before its event.</summary>
    public const string Done = "done";

    /// <summary>Server, with seq: somebody said something.</summary>
    public const string MessageCreated = "message.created";

    /// <summary>Server, with seq: a message has another text.</summary>
    public const string MessageUpdated = "message.updated";

    /// <summary>Server, with seq: a message was taken back for everybody.</summary>
    public const string MessageDeleted = "message.deleted";

    /// <summary>Server, with seq: somebody put an emoji on a message.</summary>
    public const string ReactionAdded = "reaction.added";

    /// <summary>Server, with seq: somebody took their emoji away.</summary>
    public const string ReactionRemoved = "reaction.removed";

    /// <summary>Server, with seq: a message was pinned.</summary>
    public const string MessagePinned = "message.pinned";

    /// <summary>Server, with seq: a message is pinned no longer.</summary>
    public const string MessageUnpinned = "message.unpinned";

    /// <summary>Server: a member has read on; not in the school's general room.</summary>
    public const string ReadUpdated = "read.updated";

    /// <summary>Server, with seq: somebody came into the room.</summary>
    public const string MemberAdded = "member.added";

    /// <summary>Server, with seq: somebody is no longer in the room.</summary>
    public const string MemberRemoved = "member.removed";

    /// <summary>Server, with seq: a moderator has muted somebody, or let them speak again.</summary>
    public const string MemberMuted = "member.muted";

    /// <summary>Server, with seq: name, description or policy of the room changed.</summary>
    public const string RoomUpdated = "room.updated";

    /// <summary>Server, with seq: something that this server has no word for (a newer one wrote it). Only the seq counts.</summary>
    public const string Event = "event";

    /// <summary>Server: somebody's first connection to the room opened, or their last one closed.</summary>
    public const string Presence = "presence";

    /// <summary>Server: the person is in one more room, subscribed to or not.</summary>
    public const string RoomAdded = "room.added";

    /// <summary>Server: the person is in one room less.</summary>
    public const string RoomRemoved = "room.removed";

    /// <summary>Server: the heartbeat, with the heads of the rooms that this connection follows.</summary>
    public const string Heads = "heads";

    /// <summary>Server: the replica is about to leave.</summary>
    public const string GoingAway = "system.going_away";

    /// <summary>Server: what the frame of that id asked for was not done.</summary>
    public const string Error = "error";
}
