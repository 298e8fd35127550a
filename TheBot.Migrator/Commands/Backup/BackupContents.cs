using System.Text.RegularExpressions;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>What a backup says is in it.</summary>
/// <param name="Tables">Tables that it makes.</param>
/// <param name="IndexesAndConstraints">What is made of these when their rows are there.</param>
internal sealed partial record BackupContents(int Tables, int IndexesAndConstraints)
{
    /// <param name="list">As <c>pg_restore --list</c> prints it.</param>
    public static BackupContents Of(string list)
    {
        var kinds = Line().Matches(list).Select(line => line.Groups[1].Value).ToList();
        return new BackupContents(kinds.Count(kind => kind == "TABLE"), kinds.Count(kind => kind != "TABLE"));
    }

    // 3364; 1259 16451 INDEX public ix_rooms_direct_key postgres
    [GeneratedRegex("^[0-9]+; [0-9]+ [0-9]+ (TABLE(?! DATA)|INDEX|CONSTRAINT|FK CONSTRAINT) ", RegexOptions.Multiline)]
    private static partial Regex Line();
}
