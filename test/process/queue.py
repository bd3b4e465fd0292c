"""Signals with a value, which sigqueue(3) sends: `queue.py send PID SIGNAL COUNT` sends the values from 0 on,
`queue.py hear SIGNAL…` says which of these come, as `SIGNAL VALUE`, and ends with the first that comes without a value."""

import ctypes, os, signal, sys

SI_QUEUE = -1
libc = ctypes.CDLL(None, use_errno=True)


class Info(ctypes.Structure):
    _fields_ = [("signal", ctypes.c_int), ("errno", ctypes.c_int), ("code", ctypes.c_int), ("_", ctypes.c_int),
                ("pid", ctypes.c_int), ("uid", ctypes.c_int), ("value", ctypes.c_long), ("rest", ctypes.c_byte * 96)]


def send(pid, number, count):
    for value in range(count):
        if libc.sigqueue(pid, number, ctypes.c_void_p(value)) != 0:
            sys.exit(os.strerror(ctypes.get_errno()))


def hear(numbers):
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    awaited = (ctypes.c_ulong * 16)(sum(1 << (number - 1) for number in numbers))
    info = Info()
    print("ready", flush=True)
    while libc.sigwaitinfo(awaited, ctypes.byref(info)) > 0 and info.code == SI_QUEUE:
        print(info.signal, info.value, flush=True)
    print("last", info.signal, flush=True)


role, *numbers = sys.argv[1:]
if role == "send":
    send(*map(int, numbers))
else:
    hear([int(number) for number in numbers])
