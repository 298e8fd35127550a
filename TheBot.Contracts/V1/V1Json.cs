using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TheBot.Contracts.V1;

/// <summary>How v1 frames become JSON; as <see cref="WireJson"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(V1Frame))]
[JsonSerializable(typeof(V1Frame<V1Auth>), TypeInfoPropertyName = "Auth")]
[JsonSerializable(typeof(V1Frame<V1Subscribe>), TypeInfoPropertyName = "Subscribe")]
[JsonSerializable(typeof(V1Frame<V1Send>), TypeInfoPropertyName = "Send")]
[JsonSerializable(typeof(V1Frame<V1Edit>), TypeInfoPropertyName = "Edit")]
[JsonSerializable(typeof(V1Frame<V1Delete>), TypeInfoPropertyName = "Delete")]
[JsonSerializable(typeof(V1Frame<V1React>), TypeInfoPropertyName = "React")]
[JsonSerializable(typeof(V1Frame<V1Pin>), TypeInfoPropertyName = "Pin")]
[JsonSerializable(typeof(V1Frame<V1Lock>), TypeInfoPropertyName = "Lock")]
[JsonSerializable(typeof(V1Frame<V1Read>), TypeInfoPropertyName = "Read")]
[JsonSerializable(typeof(V1Frame<V1TypingNow>), TypeInfoPropertyName = "TypingNow")]
[JsonSerializable(typeof(V1Frame<V1Nothing>), TypeInfoPropertyName = "Nothing")]
[JsonSerializable(typeof(V1Frame<V1Ready>), TypeInfoPropertyName = "Ready")]
[JsonSerializable(typeof(V1Frame<V1Subscribed>), TypeInfoPropertyName = "Subscribed")]
[JsonSerializable(typeof(V1Frame<V1Unsubscribed>), TypeInfoPropertyName = "Unsubscribed")]
[JsonSerializable(typeof(V1Frame<V1Message>), TypeInfoPropertyName = "Message")]
[JsonSerializable(typeof(V1Frame<V1Done>), TypeInfoPropertyName = "Done")]
[JsonSerializable(typeof(V1Frame<V1Deleted>), TypeInfoPropertyName = "Deleted")]
[JsonSerializable(typeof(V1Frame<V1Reaction>), TypeInfoPropertyName = "Reaction")]
[JsonSerializable(typeof(V1Frame<V1Pinned>), TypeInfoPropertyName = "Pinned")]
[JsonSerializable(typeof(V1Frame<V1ReadUpdated>), TypeInfoPropertyName = "ReadUpdated")]
[JsonSerializable(typeof(V1Frame<V1Member>), TypeInfoPropertyName = "Member")]
[JsonSerializable(typeof(V1Frame<V1Muted>), TypeInfoPropertyName = "Muted")]
[JsonSerializable(typeof(V1Frame<V1Room>), TypeInfoPropertyName = "Room")]
[JsonSerializable(typeof(V1Frame<V1Typing>), TypeInfoPropertyName = "Typing")]
[JsonSerializable(typeof(V1Frame<V1Presence>), TypeInfoPropertyName = "Presence")]
[JsonSerializable(typeof(V1Frame<V1GoingAway>), TypeInfoPropertyName = "GoingAway")]
[JsonSerializable(typeof(V1Frame<V1Error>), TypeInfoPropertyName = "Error")]
[JsonSerializable(typeof(V1Frame<IReadOnlyDictionary<long, long>>), TypeInfoPropertyName = "Heads")]
public sealed partial class V1Json : JsonSerializerContext
{
    /// <summary>The context that every v1 frame is written and read with.</summary>
    public static V1Json Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
