#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the test cases of one or more runs of `meson test`, and says what was skipped.

usage: summary.py TESTLOG.json...

A cmocka program counts with each of its cases; whatever it announced but did not report
(a crash, a time-out) counts as failed. Every other test counts as one. The last line is
"N passed, N failed, N skipped"; the exit status is 0 only if something ran and nothing
failed.
"""
import collections
import json
import re
import sys

ANNOUNCED = re.compile(r"\[=+\] .*?Running (\d+) test\(s\)")
REPORTED = re.compile(r"\[ +(OK|SKIPPED|FAILED) *\] (\w+)")


def count(test):
    """(passed, failed, skipped) of one entry of meson's log, and the cases by outcome."""
    result = test["result"]
    text = test.get("stdout", "")
    announced = sum(int(number) for number in ANNOUNCED.findall(text))
    cases = {"OK": [], "SKIPPED": [], "FAILED": []}
    for outcome, name in REPORTED.findall(text):
        cases[outcome].append(name)
    if announced == 0:
        return (result == "OK", result not in ("OK", "SKIP"), result == "SKIP"), cases
    passed, skipped = len(cases["OK"]), len(cases["SKIPPED"])
    failed = max(announced - passed - skipped, 0)
    if failed == 0 and result not in ("OK", "SKIP"):
        failed = 1
    return (passed, failed, skipped), cases


def main(paths):
    total = [0, 0, 0]
    skipped, failed = collections.Counter(), []
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                tests = [json.loads(line) for line in file if line.strip()]
        except OSError:
            tests = [{"name": path, "result": "ERROR: did not run"}]
        for test in tests:
            numbers, cases = count(test)
            total = [a + b for a, b in zip(total, numbers)]
            if numbers[1]:
                named = ", ".join(cases["FAILED"]) or f"see {path}"
                failed.append(f"{test['name']} ({test['result']}): {named}")
            if numbers[2]:
                names = [f"{test['name']}: {name}" for name in cases["SKIPPED"]]
                skipped.update(names or [test["name"]])
    for line, times in sorted(skipped.items()):
        print("skipped", line, f"({times} times)" if times > 1 else "")
    for line in failed:
        print("FAILED", line)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 0 if total[0] > 0 and total[1] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
