using TheBot.Data.Log;

namespace TheBot.Data.Roster;

/// <summary>How far rooms and members were from what the roster says.</summary>
/// <param name="RoomsCreated">Rooms that were missing.</param>
/// <param name="RoomsUpdated">Rooms whose name, description or right to write followed the roster.</param>
/// <param name="MembersAdded">People who gained access.</param>
/// <param name="MembersRemoved">People who lost it.</param>
/// <param name="ReasonsChanged">Members whose reasons were others; their access stays.</param>
public readonly record struct ProvisionReport(int RoomsCreated, int RoomsUpdated, int MembersAdded, int MembersRemoved, int ReasonsChanged)
{
    /// <summary>Nothing differed.</summary>
    public bool IsNothing => this == default;

    public static ProvisionReport operator +(ProvisionReport left, ProvisionReport right) => new(
        left.RoomsCreated + right.RoomsCreated,
        left.RoomsUpdated + right.RoomsUpdated,
        left.MembersAdded + right.MembersAdded,
        left.MembersRemoved + right.MembersRemoved,
        left.ReasonsChanged + right.ReasonsChanged);

    public override string ToString() =>
        $"rooms: {RoomsCreated} created, {RoomsUpdated} updated; members: {MembersAdded} added, {MembersRemoved} removed, {ReasonsChanged} with other reasons";
}

/// <summary>What one provisioning did, to be announced once its transaction has committed.</summary>
public sealed record Provisioned(Committed Committed, ProvisionReport Report);
