namespace TheBot.Migrator.Commands.Doctor;

/// <summary>One thing that is not as it must be.</summary>
/// <param name="RoomId">The room, where it is about one.</param>
/// <param name="Detail">What it is, for people.</param>
internal sealed record Finding(long? RoomId, string Detail);

/// <summary>What one check found.</summary>
/// <param name="Name">Which check; never renamed.</param>
/// <param name="Count">How often it was found.</param>
/// <param name="Examples">The first of them.</param>
/// <param name="Repairable">Whether <c>--fix</c> makes it good; the others need somebody who knows what happened.</param>
internal sealed record CheckResult(string Name, long Count, IReadOnlyList<Finding> Examples, bool Repairable);
