using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TheBot.Tests.Support;

/// <summary>What an operating system can do to a process from outside.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <exception cref="Win32Exception">There is no such process, or it is not ours.</exception>
    public static void Send(int pid, int signal)
    {
        if (SendTo(pid, signal) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"signal {signal} to process {pid}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendTo(int pid, int signal);
}
