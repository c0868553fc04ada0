"""Autobahn|Testsuite: finding or installing it, and running it against the hyoshi program.

The suite needs Python 2.7, in which it is installed below .build on first use. Environment:

    PYTHON27       a Python 2.7 to install it for; otherwise pyenv's and then python2.7 are tried
    WSTEST_PYTHON  a Python that has the suite already; nothing is installed
"""

import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

SUITE = "autobahntestsuite"
VERSION = "25.10.1"
AGENT = "hyoshi"
RUN_SUITE = "from autobahntestsuite import wstest; wstest.run()"
RUNNING = re.compile(r"Running test case ID (\S+) for agent")


class Unavailable(Exception):
    """The suite cannot run on this machine."""


class Broken(Exception):
    """A program did not do its part: there is no result."""


# --- The suite -----------------------------------------------------------------------------------


def find_python27():
    """A Python 2.7 that has pip, or None."""
    candidates = [os.environ.get("PYTHON27")]
    pyenv = shutil.which("pyenv")
    roots = [os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")]
    if pyenv:
        answer = subprocess.run([pyenv, "root"], capture_output=True, text=True)
        roots.insert(0, answer.stdout.strip())
    for root in filter(None, roots):
        candidates += sorted(glob.glob(os.path.join(root, "versions", "2.7.*", "bin", "python")))
    candidates += [shutil.which("python2.7"), shutil.which("python2")]
    for candidate in filter(None, candidates):
        check = "import sys, pip; sys.exit(sys.version_info[:2] != (2, 7))"
        try:
            if subprocess.run([candidate, "-c", check], capture_output=True).returncode == 0:
                return candidate
        except OSError:
            continue
    return None


def can_run(python, environment):
    check = "import autobahntestsuite.wstest"
    return subprocess.run(
        [python, "-c", check], env=environment, capture_output=True).returncode == 0


def prepare(cache):
    """The command that runs the suite and its environment; installs the suite where needed."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    ready = os.environ.get("WSTEST_PYTHON")
    if ready:
        if not can_run(ready, environment):
            raise Unavailable("WSTEST_PYTHON=%s has no %s" % (ready, SUITE))
        return [ready, "-u", "-c", RUN_SUITE], environment
    python = find_python27()
    if not python:
        raise Unavailable("Autobahn|Testsuite needs Python 2.7 with pip (set PYTHON27)")
    target = os.path.join(cache, "%s-%s" % (SUITE, VERSION))
    environment["PYTHONPATH"] = target
    # Packages of the machine must not mix with those of the suite.
    environment["PYTHONNOUSERSITE"] = "1"
    if not can_run(python, environment):
        install(python, target, environment)
    return [python, "-u", "-c", RUN_SUITE], environment


def install(python, target, environment):
    print("installing %s %s for %s" % (SUITE, VERSION, python), flush=True)
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    result = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--target", target, "%s==%s" % (SUITE, VERSION)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # Without a file of its own the folder of zope.interface is no package to Python 2.
    zope = os.path.join(target, "zope")
    if os.path.isdir(zope):
        open(os.path.join(zope, "__init__.py"), "a").close()
    if result.returncode != 0 or not can_run(python, environment):
        tail = "\n".join(result.stdout.strip().splitlines()[-15:])
        raise Broken("cannot install %s %s:\n%s" % (SUITE, VERSION, tail))


# --- Programs ------------------------------------------------------------------------------------


class Program:
    """A program that was started here, and is ended here."""

    def __init__(self, arguments, log, environment=None):
        self.log = log
        self.process = subprocess.Popen(
            arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=open(log, "ab"), text=True, errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the program as a person would; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        return self.process.returncode

    def explain(self, what):
        with open(self.log, errors="replace") as log:
            tail = "".join(log.readlines()[-15:])
        return Broken("%s; its last lines (%s):\n%s" % (what, self.log, tail))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, program, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and program.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise program.explain("the fuzzing server did not open port %d" % port)


# --- One role ------------------------------------------------------------------------------------


class Role:
    """A run of the suite against one role of ours: `server` or `client`."""

    def __init__(self, name, hyoshi, suite, directory, cases, transcripts):
        self.name = name
        self.hyoshi = hyoshi
        self.command, self.environment = suite
        self.directory = os.path.join(directory, name)
        self.cases = cases
        self.transcripts = (
            os.path.join(self.directory, "transcripts") if transcripts else None)
        # The cases in the order in which they were begun: for the progress, and for transcripts.
        self.begun = []
        self.results = None
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)

    def run(self):
        """Runs the cases; `results` is then what index.json says of each."""
        if self.name == "server":
            self.run_server()
        else:
            self.run_client()
        index = os.path.join(self.directory, "index.json")
        if not os.path.exists(index):
            raise Broken("the suite wrote no %s" % index)
        with open(index) as file:
            self.results = json.load(file).get(AGENT, {})

    def run_server(self):
        with self.start_hyoshi(["echo", "--port", "0"]) as echo:
            line = echo.process.stdout.readline()
            match = re.search(r"ws://127\.0\.0\.1:(\d+)/", line)
            if not match:
                raise echo.explain("hyoshi echo did not start")
            server = {"agent": AGENT, "url": match.group(0).rstrip("/")}
            specification = self.write_specification({"servers": [server]})
            with self.start_suite("fuzzingclient", specification) as suite:
                self.follow(suite)
                if suite.process.wait() != 0:
                    raise suite.explain("the fuzzing client failed")
            if echo.process.poll() is not None:
                raise echo.explain("hyoshi echo ended by itself")
            code = echo.stop()
            if code != 0:
                raise echo.explain("hyoshi echo ended with exit code %s after SIGTERM" % code)

    def run_client(self):
        port = free_port()
        url = "ws://127.0.0.1:%d" % port
        specification = self.write_specification({"url": url})
        with self.start_suite("fuzzingserver", specification) as suite:
            wait_for_port(port, suite, seconds=60)
            with self.start_hyoshi(
                    ["conformance-client", "--url", url, "--agent", AGENT]) as client:
                # The suite serves without end: it is over when our client is.
                ending = threading.Thread(target=self.end_with, args=(client, suite))
                ending.start()
                self.follow(suite)
                ending.join()
                if client.process.returncode != 0:
                    raise client.explain("hyoshi conformance-client failed")

    @staticmethod
    def end_with(client, suite):
        client.process.wait()
        suite.process.send_signal(signal.SIGTERM)

    def write_specification(self, fields):
        path = os.path.join(self.directory, "specification.json")
        fields = dict(fields, outdir=self.directory, cases=self.cases)
        fields["exclude-cases"] = []
        with open(path, "w") as file:
            json.dump(fields, file)
        return path

    def start_hyoshi(self, arguments):
        if self.transcripts:
            arguments = arguments + ["--record-transcripts", self.transcripts]
        return Program(
            [self.hyoshi] + arguments, os.path.join(self.directory, "hyoshi.log"))

    def start_suite(self, mode, specification):
        return Program(
            self.command + ["-u", "0", "-m", mode, "-s", specification],
            os.path.join(self.directory, "suite.log"), self.environment)

    def follow(self, suite):
        """Reads what the suite prints to its end."""
        for line in suite.process.stdout:
            match = RUNNING.search(line)
            if match:
                self.begun.append(match.group(1))
