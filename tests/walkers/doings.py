"""Walkers that do things to the process that they run in."""

import _thread
import locale
import logging
import math
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from walkabout import Node, Walker, at

_DAEMON = """
import os, subprocess
if os.fork() == 0:
    os.setsid()
    print(subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL).pid)
"""


class KillGroup(Walker):
    """Sends SIGTERM to its whole process group, as a script does at its end."""

    @at()
    def go(self, here: Node) -> None:
        os.killpg(0, signal.SIGTERM)
        self.report("survived")


class InterruptItself(Walker):
    """The recipe for a time limit: a timer that interrupts the main thread."""

    caught: bool = False

    @at()
    def go(self, here: Node) -> None:
        here["tries"] = here.get("tries", 0) + 1
        threading.Timer(0.1, _thread.interrupt_main).start()
        try:
            for _ in range(600):
                time.sleep(0.05)
        except KeyboardInterrupt:
            if not self.caught:
                raise
            self.report("in time")


class Programs(Walker):
    """Starts programs: in its process group, in a session of their own, and one that makes itself a daemon. Writes their
    ids to a file, and goes on until it is ended, whatever comes if it is stubborn; or ends at once."""

    file: str
    stays: bool = True
    stubborn: bool = False

    @at()
    def go(self, here: Node) -> None:
        sleep = ["sleep", "1000"]
        inner = subprocess.Popen(sleep)
        outer = subprocess.Popen(sleep, start_new_session=True)
        made = subprocess.run([sys.executable, "-c", _DAEMON], stdout=subprocess.PIPE, text=True, check=True)
        Path(self.file).write_text(f"{inner.pid} {outer.pid} {int(made.stdout)}")
        while self.stays:
            try:
                time.sleep(0.01)
            except BaseException:
                if not self.stubborn:
                    raise


class ForksAChild(Walker):
    """Forks, and lets the child come back as if it were the walker."""

    @at()
    def go(self, here: Node) -> None:
        here["forks"] = here.get("forks", 0) + 1
        child = os.fork()
        if child:
            self.report(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


class Pools(Walker):
    """Computes in processes, in each way that Python has."""

    @at()
    def go(self, here: Node) -> None:
        for way in ("fork", "spawn"):
            context = multiprocessing.get_context(way)
            with context.Pool(2) as pool:
                self.report(pool.map(math.sqrt, [4, 9]))
            with ProcessPoolExecutor(2, mp_context=context) as executor:
                self.report(list(executor.map(math.sqrt, [4, 9])))
        process = multiprocessing.Process(target=time.sleep, args=(1000,))
        process.start()
        process.terminate()
        process.join(10)
        self.report(process.exitcode)


class Leaves(Walker):
    """Leaves something behind in its process."""

    what: str

    @at()
    def go(self, here: Node) -> None:
        getattr(self, f"_{self.what}")()
        self.report(os.getpid())

    def _nothing(self) -> None:
        pass

    def _alarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.2)

    def _stdout(self) -> None:
        sys.__stdout__.close()  # what stands in for it while a job runs is thrown away anyway

    def _descriptor(self) -> None:
        os.close(2)

    def _descriptors(self) -> None:
        for _ in range(50):
            os.dup(0)

    def _thread(self) -> None:
        threading.Thread(target=time.sleep, args=(1000,)).start()

    def _limit(self) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    def _folder(self) -> None:
        os.chdir("/")

    def _umask(self) -> None:
        os.umask(0)

    def _handler(self) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    def _mask(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    def _path(self) -> None:
        sys.path.insert(0, "/nowhere")

    def _locale(self) -> None:
        locale.setlocale(locale.LC_ALL, "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8")

    def _nice(self) -> None:
        os.nice(3)

    def _process(self) -> None:
        subprocess.Popen(["sleep", "1000"])


class Crash(Walker):
    """Ends its process."""

    how: str = "kill"

    @at()
    def go(self, here: Node) -> None:
        {
            "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "abort": os.abort,
            "exit": lambda: os._exit(3),
            "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
            "group": lambda: os.killpg(0, signal.SIGTERM),
            "interrupt": _thread.interrupt_main,
            "descriptors": lambda: os.closerange(3, 256),
        }[self.how]()
        time.sleep(0.5)
        self.report("still there")


class Diary(Walker):
    """Logs in every way that there is; with `until` it waits, after its first line, for that file."""

    until: str = ""

    @at()
    def go(self, here: Node) -> None:
        self.log("begun at", here.kind)
        while self.until and not Path(self.until).exists():
            time.sleep(0.01)
        print("printed")
        logging.getLogger("diary").warning("warned of")
        self.log("<b>nearly</b> done", level="error")


class Listener(Walker):
    """Keeps what it is told at the root."""

    notice: dict[str, Any]

    @at()
    def go(self, here: Node) -> None:
        here.context["heard"] = [*here.context.get("heard", []), self.notice["text"]]


class FailListening(Walker):
    """Is told, and fails."""

    notice: dict[str, Any]

    @at()
    def go(self, here: Node) -> None:
        raise ValueError("heard, and failed")
