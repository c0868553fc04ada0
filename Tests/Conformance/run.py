#!/usr/bin/env python3
"""Runs Autobahn|Testsuite against hyoshi, in both roles, and compares every verdict.

    Tests/Conformance/run.py --quick          what `make test` runs: about two minutes
    Tests/Conformance/run.py --all --update   what `make conformance` runs: half an hour
    Tests/Conformance/run.py --groups 1,6 --roles client

The server role is `hyoshi echo` under the suite's fuzzing client, the client role is
`hyoshi conformance-client` against the suite's fuzzing server; both run at the same time. A verdict
that is neither OK nor INFORMATIONAL, or that differs from expected-results.json, fails the run.
"""

import argparse
import collections
import json
import os
import re
import sys
import threading
import time

import autobahn
import transcripts

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXPECTED = os.path.join(HERE, "expected-results.json")
FIXTURES = os.path.join(ROOT, "Tests", "WebSocketProtocolTests", "Fixtures")

GROUPS = ["1", "2", "3", "4", "5", "6", "7", "9", "10", "12", "13"]
QUICK_GROUPS = ["1", "2", "3", "4", "5", "6", "7", "9", "10"]
TRANSCRIPT_GROUPS = {"1", "2", "3", "4", "5", "6", "7", "10"}
# Of each way of compressing (12: kinds of data; 13: offers of parameters) a small message (256
# bytes, case 3) and a large one in fragments (8,192 bytes in pieces of 256, case 11).
SAMPLE = ["%s.%d.%d" % (group, kind, case)
          for group, kinds in (("12", 5), ("13", 7))
          for kind in range(1, kinds + 1) for case in (3, 11)]
PASSING = {"OK", "INFORMATIONAL"}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hyoshi", help="the program (default: $HYOSHI or the release build)")
    parser.add_argument("--groups", help="groups of cases, such as 1,2,9")
    parser.add_argument("--sample", action="store_true", help="add a sample of groups 12 and 13")
    parser.add_argument("--quick", action="store_true", help="groups 1-7, 9, 10 and the sample")
    parser.add_argument("--all", action="store_true", help="all 517 cases")
    parser.add_argument("--roles", default="server,client", help="server, client or both")
    parser.add_argument("--update", action="store_true", help="rewrite expected-results.json")
    parser.add_argument("--transcripts", action="store_true", help="rewrite the wire transcripts")
    parser.add_argument("--cache", default=os.path.join(ROOT, ".build", "cache"))
    parser.add_argument(
        "--skipped-exit-code", type=int, default=0, metavar="CODE",
        help="exit code where the suite cannot run on this machine (default 0)")
    arguments = parser.parse_args()
    groups = arguments.groups.split(",") if arguments.groups else []
    unknown = [group for group in groups if group not in GROUPS]
    if unknown:
        parser.error("--groups: there is no group %s" % ", ".join(unknown))
    if arguments.all:
        groups = GROUPS
    elif arguments.quick or not (groups or arguments.sample):
        groups, arguments.sample = QUICK_GROUPS, True
    arguments.cases = ["%s.*" % group for group in groups]
    if arguments.sample and not arguments.all:
        arguments.cases += [case for case in SAMPLE if case.split(".")[0] not in groups]
    arguments.roles = arguments.roles.split(",")
    if not set(arguments.roles) <= {"server", "client"}:
        parser.error("--roles: server, client or server,client")
    arguments.hyoshi = arguments.hyoshi or os.environ.get("HYOSHI") or os.path.join(
        ROOT, ".build", "release", "hyoshi")
    if not os.access(arguments.hyoshi, os.X_OK):
        parser.error("there is no program %s: swift build -c release --product hyoshi"
                     % arguments.hyoshi)
    return arguments


def key(case):
    return [int(part) for part in case.split(".")]


def selected(cases, patterns):
    """The cases that the suite runs for these patterns."""
    expression = re.compile(
        "|".join("^%s$" % p.replace(".", r"\.").replace("*", ".*") for p in patterns))
    return sorted(filter(expression.match, cases), key=key)


# --- Running -------------------------------------------------------------------------------------


def run_roles(roles, expected_count):
    """Runs the roles at the same time and shows how far they are."""
    errors = []

    def run(role):
        try:
            role.run()
        except Exception as error:  # shown below, with the role
            errors.append((role.name, error))

    threads = [threading.Thread(target=run, args=(role,)) for role in roles]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    is_interactive = sys.stderr.isatty()
    shown_at = start
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(0.2)
        now = time.monotonic()
        if is_interactive or now - shown_at >= 30:
            shown_at = now
            text = progress(roles, expected_count, now - start)
            sys.stderr.write("\r\033[K" + text if is_interactive else text + "\n")
            sys.stderr.flush()
    if is_interactive:
        sys.stderr.write("\r\033[K")
    for name, error in errors:
        print("error: %s role: %s" % (name, error), file=sys.stderr)
    return not errors, time.monotonic() - start


def progress(roles, expected_count, seconds):
    parts = []
    for role in roles:
        at = " (%s)" % role.begun[-1] if role.begun else ""
        parts.append("%s %d of %s%s" % (role.name, len(role.begun), expected_count or "?", at))
    return "conformance: %s, %d s" % (" · ".join(parts), seconds)


# --- Verdicts ------------------------------------------------------------------------------------


def load_expected():
    if not os.path.exists(EXPECTED):
        return {}
    with open(EXPECTED) as file:
        return json.load(file)


def verdicts(role):
    return {case: [result["behavior"], result["behaviorClose"]]
            for case, result in role.results.items()}


def write_expected(expected):
    """One case a line, so that a difference reads well."""
    lines = ["{", '  "suite": "%s %s",' % (autobahn.SUITE, autobahn.VERSION)]
    names = [name for name in ("server", "client") if name in expected]
    for name in names:
        lines.append('  "%s": {' % name)
        cases = sorted(expected[name], key=key)
        for case in cases:
            comma = "," if case != cases[-1] else ""
            lines.append('    "%s": %s%s' % (case, json.dumps(expected[name][case]), comma))
        lines.append("  }%s" % ("," if name != names[-1] else ""))
    lines.append("}")
    with open(EXPECTED, "w") as file:
        file.write("\n".join(lines) + "\n")


def print_table(role, found):
    print("\n%s role: %d cases" % (role.name, len(found)))
    kinds = sorted({verdict for pair in found.values() for verdict in pair},
                   key=lambda kind: (kind != "OK", kind))
    print("  group  cases  " + "  ".join("%13s" % kind for kind in kinds))
    rows = collections.OrderedDict()
    for case in sorted(found, key=key):
        rows.setdefault(case.split(".")[0], []).append(case)
    for group, cases in list(rows.items()) + [("all", list(found))]:
        counts = collections.Counter(worse(found[case]) for case in cases)
        print("  %5s  %5d  " % (group, len(cases))
              + "  ".join("%13s" % (counts[kind] or "-") for kind in kinds))


def worse(pair):
    """The verdict that counts for a case: of its behaviour and its closing, the worse one."""
    order = ["OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT"]
    return max(pair, key=lambda verdict: order.index(verdict) if verdict in order else len(order))


def judge(role, found, expected, cases, is_update):
    """Prints what is wrong with the verdicts of a role; returns how much."""
    problems = []
    for case in sorted(set(found) | set(cases), key=key):
        pair = found.get(case)
        if pair is None:
            problems.append("%s was not run" % case)
        elif not set(pair) <= PASSING:
            problems.append("%s is %s, closing %s" % (case, pair[0], pair[1]))
        elif not is_update and pair != expected.get(case):
            problems.append("%s is %s, closing %s; expected: %s" % (
                case, pair[0], pair[1], ", closing ".join(expected.get(case, ["nothing"]))))
    for problem in problems:
        print("  DIFFERS: %s role, case %s" % (role.name, problem))
    return len(problems)


# --- Main ----------------------------------------------------------------------------------------


def record(role):
    path = os.path.join(FIXTURES, "autobahn-%s.transcripts" % role.name)
    os.makedirs(FIXTURES, exist_ok=True)
    count, size = transcripts.write_fixture(
        role.transcripts, role.begun, lambda case: case.split(".")[0] in TRANSCRIPT_GROUPS, path)
    print("wrote %d transcripts to %s (%d bytes)" % (count, os.path.relpath(path, ROOT), size))


def main():
    arguments = parse_arguments()
    try:
        suite = autobahn.prepare(arguments.cache)
    except autobahn.Unavailable as reason:
        print("skipped: %s" % reason)
        return arguments.skipped_exit_code
    except autobahn.Broken as reason:
        print("error: %s" % reason, file=sys.stderr)
        return 1
    expected = load_expected()
    known = selected(set().union(*(expected.get(name, {}) for name in ("server", "client"))),
                     arguments.cases)
    directory = os.path.join(arguments.cache, "conformance")
    roles = [autobahn.Role(name, arguments.hyoshi, suite, directory, arguments.cases,
                           arguments.transcripts) for name in arguments.roles]
    is_complete, seconds = run_roles(roles, len(known))
    problem_count = 0
    for role in roles:
        if role.results is None:
            continue
        found = verdicts(role)
        print_table(role, found)
        problem_count += judge(
            role, found, expected.get(role.name, {}), known, arguments.update)
        if arguments.update:
            expected.setdefault(role.name, {}).update(found)
        if arguments.transcripts:
            record(role)
    if arguments.update and is_complete:
        write_expected(expected)
        print("wrote %s" % os.path.relpath(EXPECTED, ROOT))
    is_good = is_complete and problem_count == 0
    print("\nconformance: %s in %d s (reports: %s)" % (
        "passed" if is_good else "FAILED", seconds, os.path.relpath(directory, ROOT)))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
