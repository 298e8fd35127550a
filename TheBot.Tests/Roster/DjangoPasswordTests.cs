using TheBot.Data.Auth;

namespace TheBot.Tests.Roster;

public sealed class DjangoPasswordTests
{
    // made by Python's hashlib.pbkdf2_hmac from "пароль", salt "seasalt", 1000 rounds
    private const string FromDjango = "pbkdf2_sha256$1000$seasalt$Wp8TSRDBRY/sil2hhmibC2/VxOLkpU7b4ZSz62gmwiU=";

    [Fact]
    public void A_password_of_the_old_system_opens_its_account()
    {
        Assert.True(DjangoPassword.Verify("пароль", FromDjango));
        Assert.False(DjangoPassword.Verify("Пароль", FromDjango));
    }

    [Fact]
    public void A_new_password_opens_its_account_and_never_looks_twice_the_same()
    {
        var stored = DjangoPassword.Hash("demo");
        Assert.StartsWith("pbkdf2_sha256$", stored, StringComparison.Ordinal);
        Assert.True(DjangoPassword.Verify("demo", stored));
        Assert.NotEqual(stored, DjangoPassword.Hash("demo"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("!" + FromDjango)] // an account whose password was made unusable
    [InlineData("pbkdf2_sha256$1000$seasalt$x")]
    [InlineData("pbkdf2_sha256$1000$seasalt$")]
    [InlineData("pbkdf2_sha256$0$seasalt$AAAA")]
    [InlineData("pbkdf2_sha256$-1$seasalt$AAAA")]
    [InlineData("pbkdf2_sha256$99999999999$seasalt$AAAA")]
    [InlineData("bcrypt$1000$seasalt$AAAA")]
    public void Anything_else_opens_to_nobody(string? stored)
    {
        Assert.False(DjangoPassword.Verify("", stored));
        Assert.False(DjangoPassword.Verify("пароль", stored));
    }
}
