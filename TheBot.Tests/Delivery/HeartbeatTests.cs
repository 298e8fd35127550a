using Microsoft.Extensions.Time.Testing;
using TheBot.ChatApi.Delivery;

namespace TheBot.Tests.Delivery;

/// <summary>For whom it is worth to ring, and how long there is a doubt.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(400);
    private static readonly byte[] Other = Guid.NewGuid().ToByteArray();

    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _beats;

    public HeartbeatTests() => _beats = new Heartbeats(_time);

    [Fact]
    public void It_relies_on_the_bell_when_its_beats_have_come_back_for_a_while_and_until_two_are_late()
    {
        Assert.False(_beats.Rings);
        Hear(own: 4);
        Assert.False(_beats.Rings); // somebody may not have heard the first, and not know yet that they hear nothing
        Hear(own: 1);
        Assert.True(_beats.Rings);
        _time.Advance(Beat * 2);
        Assert.True(_beats.Rings);
        _time.Advance(Beat);
        Assert.False(_beats.Rings);
        Hear(own: 4);
        Assert.False(_beats.Rings);
        Hear(own: 1);
        Assert.True(_beats.Rings);
    }

    [Fact]
    public void Beats_that_come_at_once_after_a_pause_are_no_while()
    {
        Hear(own: 5);
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++) _beats.Heard(_beats.Self.ToByteArray());
        Assert.False(_beats.Rings);
    }

    [Fact]
    public void It_is_alone_when_nobody_else_has_beaten_for_a_while()
    {
        Assert.False(_beats.IsAlone);
        Hear(own: 11);
        Assert.False(_beats.IsAlone); // somebody who is there already may be late
        Hear(own: 3);
        Assert.True(_beats.IsAlone);
        _beats.Heard(Other);
        Assert.False(_beats.IsAlone); // from their first beat on
        Hear(own: 11);
        Assert.False(_beats.IsAlone); // a few of theirs may be lost
        Hear(own: 3);
        Assert.True(_beats.IsAlone);
    }

    [Fact]
    public void It_does_not_think_itself_alone_because_it_heard_nothing()
    {
        Hear(own: 14);
        Assert.True(_beats.IsAlone);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_beats.IsAlone);
        Hear(own: 11);
        Assert.False(_beats.IsAlone); // others had as little time to be heard again
        Hear(own: 3);
        Assert.True(_beats.IsAlone);
    }

    private void Hear(int own)
    {
        for (var i = 0; i < own; i++)
        {
            _time.Advance(Beat);
            _beats.Heard(_beats.Self.ToByteArray());
        }
    }
}
