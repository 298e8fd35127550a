namespace TheBot.ChatApi.Auth;

/// <summary>Section <c>Chat:Logins</c>.</summary>
internal sealed class LoginOptions
{
    public const string Section = "Chat:Logins";

    /// <summary>Whether the demo school's accounts, whose password everybody can read, may come in. Default false; true in Development, and refused at the start elsewhere.</summary>
    public bool DemoAccounts { get; set; }
}
