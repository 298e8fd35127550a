using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Migrator.CommandLine;

/// <summary>What a verb says: its answer on stdout, refusals and progress on stderr.</summary>
internal sealed class Output(TextWriter answers, TextWriter errors, bool json, string verb)
{
    private static readonly JsonSerializerOptions Shape = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public TextWriter Errors => errors;

    /// <summary>A line for people; left out where a program reads.</summary>
    public void Say(string line)
    {
        if (!json) answers.WriteLine(line);
    }

    /// <summary><c>{"verb":"backfill","exit_code":0,"result":{...}}</c></summary>
    public ExitCode Finish(VerbResult result)
    {
        if (json) answers.WriteLine(JsonSerializer.Serialize(new { verb, exit_code = (int)result.ExitCode, result = result.Answer }, Shape));
        return result.ExitCode;
    }

    /// <summary>One line on stderr, and for a program <c>{"verb":"backfill","exit_code":1,"error":"..."}</c>.</summary>
    public ExitCode Refuse(VerbFailure refusal)
    {
        errors.WriteLine($"{verb} failed: {refusal.Message}");
        if (json) answers.WriteLine(JsonSerializer.Serialize(new { verb, exit_code = (int)refusal.ExitCode, error = refusal.Message }, Shape));
        return refusal.ExitCode;
    }
}
